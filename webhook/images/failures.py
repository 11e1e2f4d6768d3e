"""What a registry answers instead of an image, in words; and which of it is answered differently."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from webhook.errors import BadImage

PATIENCE = 300.0
"""Seconds; for no longer is a registry left in peace, whatever it asks for."""


class Denied(BadImage):
    """Not for whoever asks: other credentials may do."""


class Busy(BadImage):
    """`seconds` until it may be asked again."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence, seconds)
        self.sentence, self.seconds = sentence, seconds

    def __str__(self) -> str:
        return self.sentence


def unlisted(registry: str) -> BadImage:
    return BadImage(f"the policy's images.registries does not list {registry}")


def failure(status: int, headers: Mapping[str, str], registry: str, what: str, known: bool) -> BadImage:
    """`what` was asked for, by somebody who is `known` or not."""
    if status == 401:
        return Denied(f"{registry} refuses the credentials for {what}" if known else f"{registry} wants credentials for {what}")
    if status == 403:
        return Denied(f"{registry} forbids {what}")
    if status == 404:
        return Denied(f"{registry} has no {what}" + ("" if known else ", or wants credentials"))
    if status == 429:
        seconds = retry_after(headers)
        return Busy(f"{registry} was asked too often; again in {seconds:.0f} s", seconds)
    return BadImage(f"{registry} answers HTTP status {status} when asked for {what}")


def retry_after(headers: Mapping[str, str], default: float = 60.0) -> float:
    """Seconds, of either form (RFC 9110, 10.2.3): a date counts from the answer's own."""
    said = headers.get("Retry-After", "")
    if said.isascii() and said.isdigit():
        seconds = float(said[:9])
    else:
        try:
            seconds = (parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
        except (ValueError, TypeError, OverflowError):
            seconds = default
    return min(max(seconds, 1.0), PATIENCE)
