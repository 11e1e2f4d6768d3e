"""Headers that prove the gateway to its upstreams: files of mounted Secrets, read for each call, so that they may change."""

from pathlib import Path

from webhook.gateway.upstream import Headers
from webhook.policy.gateway import Gateway


def credentials(folder: Path, gateway: Gateway) -> Headers:
    """`folder` holds a folder for each upstream that has credentials, and that a file for each header; both named like it."""

    def headers(upstream: str) -> dict[str, str]:
        if gateway.upstreams[upstream].credentials is None:
            return {}
        # Those with a dot are the kubelet's.
        files = [file for file in (folder / upstream).iterdir() if not file.name.startswith(".")]
        return {file.name: file.read_text("ascii").strip() for file in files}

    return headers
