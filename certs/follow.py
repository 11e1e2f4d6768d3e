"""Follows a certificate and its key in two files: what they hold serves the next handshake, or changes nothing.

A volume of a Secret swaps a symbolic link, so content is compared. Every pair gets a context of its own: one that is loaded with
a second pair keeps the first beside it where the kinds of keys differ, and is left without any by a pair that does not match.
"""

import os
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from certs.authority import Pair
from certs.certificate import expiry, problem


class Follower:
    """The last good pair of two files. `context` is for the listener: every handshake gets that pair."""

    def __init__(self, certificate: Path, key: Path, new_context: Callable[[], ssl.SSLContext]) -> None:
        """`new_context` makes the same context each time, with no certificate yet."""
        self._files, self._new_context = (certificate, key), new_context
        self._pair: Pair | None = None
        self._latest = new_context()
        self._said = ""
        self.expiry: datetime | None = None
        """The end of the certificate that serves; None while none does."""
        self.context = new_context()
        self.context.sni_callback = self._hand_out

    @property
    def certificate(self) -> bytes:
        """What serves, PEM; empty while nothing does."""
        return self._pair.certificate if self._pair else b""

    def look(self, now: datetime) -> str:
        """Looks once. Says why what the files hold does not serve, "" where it does (requirements 61 and 62)."""
        try:
            pair = self._read()
            if pair != self._read():
                # Written at this moment: the next look sees it whole.
                return self._said
            self._said = self._tried(pair, now)
        except OSError as error:
            self._said = f"{error.filename}: {error.strerror}"
        return self._said

    def _read(self) -> Pair:
        return Pair(*(file.read_bytes() for file in self._files))

    def _tried(self, pair: Pair, now: datetime) -> str:
        if pair == self._pair and self.expiry and now < self.expiry:
            return ""
        try:
            if sentence := problem(pair, now):
                return sentence
            self._latest = self._loaded(pair)
        except ssl.SSLError as error:
            return f"OpenSSL refuses the pair: {error.reason}"
        except Exception as error:
            # A parser of what others wrote; the certificate that serves outlives its failure.
            return f"the pair cannot be read: {type(error).__name__}"
        self._pair, self.expiry = pair, expiry(pair.certificate)
        return ""

    def _loaded(self, pair: Pair) -> ssl.SSLContext:
        context = self._new_context()
        # OpenSSL reads files only, and those of the caller may hold another pair by now: this one is memory.
        descriptor = os.memfd_create("pair")
        try:
            os.write(descriptor, pair.certificate + b"\n" + pair.key)
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
        return context

    def _hand_out(self, handshake: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Called for every handshake, also for one that names no server."""
        handshake.context = self._latest
