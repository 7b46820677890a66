"""Secrets by what they are derived from: for OpenSSL 3 whose function for key logs can't be told.

Its public function EVP_KDF_derive gets, for each secret of TLS 1.3, the secret before it, a label, and the hash of the
handshake so far (RFC 8446, 7.1). Which connection that is says the wire: its hellos have that hash (transcripts.py).
From the handshake's secret the master secret is derived here, so what is derived from it later is known to be the same
connection's. Where the function gets the master secret of TLS 1.2, the client's random is beside it.
"""

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.hkdf import expand_label
from ptcpdump.tls.quictranscripts import QuicTranscripts
from ptcpdump.tls.transcripts import Transcripts

if TYPE_CHECKING:
    from ptcpdump.kernel.loading.secrets import Secret

# names in a key log; those of the first come before the handshake's end, and their hashes are on the wire
_BY_TRANSCRIPT = {"c e traffic": "CLIENT_EARLY_TRAFFIC_SECRET", "e exp master": "EARLY_EXPORTER_SECRET",
                  "c hs traffic": "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "s hs traffic": "SERVER_HANDSHAKE_TRAFFIC_SECRET"}
_BY_MASTER = {"c ap traffic": "CLIENT_TRAFFIC_SECRET_0", "s ap traffic": "SERVER_TRAFFIC_SECRET_0",
              "exp master": "EXPORTER_SECRET"}
_HASHES = {32: "sha256", 48: "sha384"}
_MOST_KNOWN = 1 << 16       # hashes of handshakes, and master secrets
_MOST_WAITING = 1 << 12     # of them that nothing is known of yet ...
_MOST_EACH = 8              # ... with so many secrets each


class Derivations:
    """Hands on what is derived, as take(label, random, secret); in any thread, but in one at a time."""

    def __init__(self, take: Callable[[str, bytes, bytes], None]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._transcripts, self._quic = Transcripts(), QuicTranscripts()
        self._known: OrderedDict[bytes, bytes] = OrderedDict()          # randoms by hash, and by master secret
        self._waiting: OrderedDict[bytes, list[Secret]] = OrderedDict()     # by these, too
        self.on_expected: Callable[[], None] = lambda: None     # for whoever has packets to show

    def expect(self) -> None:
        """There are such probes from now on: before, nobody need look at packets."""
        self.on_expected()

    def packet(self, fields: Fields, time: int) -> None:
        """Look at a packet of TCP, captured at a time (ns), or at one that begins a connection in QUIC."""
        with self._lock:
            found = self._quic.packet(fields) if fields.udp else self._transcripts.packet(fields, time)
            for transcript, random in found:
                self._learn(transcript, random)

    def derivation(self, secret: "Secret") -> None:
        """Take in what a probe has read."""
        if len(secret.transcript) not in _HASHES or len(secret.secret) != len(secret.transcript):
            return
        with self._lock:
            if secret.label in _BY_TRANSCRIPT:
                self._find(secret.transcript, secret)
            elif secret.label in _BY_MASTER:
                self._find(secret.secret, secret)

    def _find(self, by: bytes, secret: "Secret") -> None:
        random = self._known.get(by)
        if random is not None:
            self._derive(random, secret)
            return
        some = self._waiting.setdefault(by, [])
        if len(some) < _MOST_EACH:
            some.append(secret)
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)

    def _learn(self, by: bytes, random: bytes) -> None:
        self._known[by] = random
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        for secret in self._waiting.pop(by, ()):
            self._derive(random, secret)

    def _derive(self, random: bytes, secret: "Secret") -> None:
        digest = _HASHES[len(secret.transcript)]
        name = _BY_TRANSCRIPT.get(secret.label) or _BY_MASTER[secret.label]
        self._take(name, random, expand(secret.secret, secret.label, secret.transcript, digest))
        if secret.label.endswith("hs traffic"):
            nothing = hashlib.new(digest).digest()
            salt = expand(secret.secret, "derived", nothing, digest)
            master = hmac.digest(salt, bytes(len(salt)), digest)        # HKDF-Extract (RFC 5869, 2.2)
            if master not in self._known:
                self._learn(master, random)


def expand(secret: bytes, label: str, context: bytes, digest: str) -> bytes:
    """Derive-Secret with the hash of messages (RFC 8446, 7.1): as long as that, which is one block of HKDF-Expand."""
    return expand_label(secret, label, len(context), digest, context)
