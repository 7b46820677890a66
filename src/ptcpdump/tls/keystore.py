"""The secrets that are known for decryption."""

from collections import OrderedDict

from ptcpdump.tls.keylog import parse

_MOST_KEYS = 1 << 20


class KeyStore:
    """Secrets by label and the client's random; the oldest go where there are too many."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()

    def add(self, text: bytes) -> int:
        """Take in the lines of a key log; returns how many there are."""
        count = 0
        for label, random, secret in parse(text):
            count += 1
            self._known[label, random] = secret
            if len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)
        return count

    def find(self, label: str, random: bytes) -> bytes | None:
        """A secret, if it is known."""
        return self._known.get((label, random))
