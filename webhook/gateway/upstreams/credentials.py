"""Headers that prove the gateway to its upstreams: files of mounted Secrets, read for each call, so that they may change."""

import re
from pathlib import Path

from webhook.errors import BadInput
from webhook.gateway.upstreams.upstream import Headers
from webhook.policy.gateway import Gateway
from webhook.printable import cause

_VALUE = re.compile(rb"[ -~]+")


def credentials(folder: Path, gateway: Gateway) -> Headers:
    """`folder` holds a folder for each upstream that has credentials, and that a file for each header; both named like it."""

    def headers(upstream: str) -> dict[str, str]:
        if gateway.upstreams[upstream].credentials is None:
            return {}
        # Those with a dot are the kubelet's.
        return {file.name: _value(file) for file in (folder / upstream).iterdir() if not file.name.startswith(".")}

    return headers


def must_be_usable(headers: Headers, gateway: Gateway) -> None:
    """Raises BadInput. Said at the start, before pods wait for a call that cannot be made."""
    for upstream in gateway.upstreams:
        try:
            headers(upstream)
        except OSError as error:
            raise BadInput(f"the credentials of {upstream} cannot be read: {cause(error)}") from None
        except BadInput as error:
            raise BadInput(f"the credentials of {upstream} cannot be read: {error}") from None


def _value(file: Path) -> str:
    """Nothing of it is told."""
    value = file.read_bytes().strip()
    if not _VALUE.fullmatch(value):
        raise BadInput(f"{file.name} holds no header's value, which is one line of printable ASCII characters")
    return value.decode()
