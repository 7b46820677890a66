"""Where a direction of a TLS connection goes on behind bytes that were not captured.

A record is opened by its number, which is not sent. Where only a part of one record is missing, its header has told
where the next one begins. Else what looks like a header is taken for one, if the record behind it can be opened with
the number of one of the records that may have been lost: no accident does that (RFC 5116, 2.2).
"""

import re

from ptcpdump.tls.ciphers import Protection
from ptcpdump.tls.framing import UndecryptableError

LARGEST = (1 << 14) + 2048          # bytes of a protected record (RFC 5246, 6.2.3)
_HEADER = re.compile(rb"[\x15-\x17]\x03[\x01-\x03]")
_SMALLEST = 17                      # bytes of a protected record
_TYPICAL = 64                       # bytes of small records: of so many as fit into what is missing the number is tried
_MOST_NUMBERS = 2048
_MOST_CANDIDATES = 16               # headers whose records can't be opened, after which it is given up
# What may be tried is bounded by what has come: opening a record in vain costs as much as taking in so many bytes ...
_TRIAL = 64
_SHARE = 64                         # ... and one more for each so many of the record; so much is there from the start
_AT_FIRST = 4 << 20


class Trials:
    """How much may be tried in all connections together: a small file must not ask for millions of attempts."""

    def __init__(self) -> None:
        self._left = _AT_FIRST

    def earn(self, size: int) -> None:
        """So many bytes have come."""
        self._left += size

    def spend(self, size: int) -> None:
        """A record of so many bytes is tried. Raises UndecryptableError when that was done too often."""
        self._left -= _TRIAL + size // _SHARE
        if self._left < 0:
            self._left = 0
            raise UndecryptableError("packets of it are missing, and where it goes on takes too long to find")


class Search:
    """One search, from the loss on until a record is found."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._skip = 0          # bytes to come of a record whose beginning, but not whole, is there
        self._lost = 0          # bytes that are missing, beside those of it
        self._blind = False     # where a record begins is not known
        self._failures = 0

    def lose(self, waiting: bytearray, size: int, protection: Protection) -> None:
        """So many bytes are missing behind these, which end in the midst of a record, if not empty."""
        if self._skip:
            left = self._skip
        elif self._blind or len(waiting) < 5:
            left = 0
        else:
            left = 5 + int.from_bytes(waiting[3:5], "big") - len(waiting)
            protection.sequence += 1        # this one is lost
        waiting.clear()
        self._skip = max(0, left - size)
        if not self._skip and size != left:
            self._blind = True
            self._lost += size - left

    def found(self, waiting: bytearray, protection: Protection) -> bool:
        """Whether a record begins at the first of these bytes; what stands before it is taken away.

        Raises UndecryptableError when it is time to give up.
        """
        passed = min(self._skip, len(waiting))
        del waiting[:passed]
        self._skip -= passed
        if self._skip or not waiting:
            return False
        if not self._blind:
            return True
        at = 0
        while (match := _HEADER.search(waiting, at)) is not None:
            at = match.start()
            del match           # it would keep the array from changing its size
            if len(waiting) < at + 5:
                break
            size = int.from_bytes(waiting[at + 3:at + 5], "big")
            if not _SMALLEST <= size <= LARGEST:
                at += 1
                continue
            if len(waiting) < at + 5 + size:
                break           # not whole yet
            if self._fits(waiting[at], bytes(waiting[at + 5:at + 5 + size]), protection):
                del waiting[:at]
                return True
            self._failures += 1
            if self._failures > _MOST_CANDIDATES:
                raise UndecryptableError("packets of it are missing, and where it goes on was not found")
            at += 1
        else:
            at = max(0, len(waiting) - 2)       # of a header that is not whole
        self._lost += at
        del waiting[:at]
        return False

    def _fits(self, kind: int, body: bytes, protection: Protection) -> bool:
        """Whether a record can be opened with one of the numbers that it may have; the protection has it then."""
        first = protection.sequence
        for number in range(first, first + 1 + min(_MOST_NUMBERS, self._lost // _TYPICAL + 64)):
            self._trials.spend(len(body))
            protection.sequence = number
            try:
                protection.open(kind, body)
            except UndecryptableError:
                continue
            protection.sequence = number
            return True
        protection.sequence = first
        return False
