"""The interface table of a run: it hands out rows to sources and tells sinks what they stand for.

A row that no source uses any more stays what it is as long as there is room, so that the same interface gets it back:
files that describe one interface over and over have one row. When rows become many the one that has been unused longest
stands for another interface, but not before all packets that were read are through the sinks.
"""

from collections import OrderedDict

from ptcpdump.net.interface import Interface, Statistics
from ptcpdump.records import dataclass
from ptcpdump.sinks.sink import Sink

Key = tuple[Interface, int]

MOST = 65536        # rows; further interfaces share one for their link type
_KEPT = 1024        # rows from which on unused ones are used again


@dataclass(slots=True)
class _Row:
    key: Key
    users: int = 1                      # sources that have packets of it
    statistics: Statistics | None = None


class InterfaceTable:
    """Rows by number. sink: who has to know of them; it may also come later, by announce_to()."""

    def __init__(self, sink: Sink | None = None, *, most: int = MOST, kept: int = _KEPT) -> None:
        self._sink = sink
        self._most, self._kept = most, kept
        self._rows: list[_Row] = []
        self._numbers: dict[Key, int] = {}
        self._released: list[int] = []      # unused, but packets of theirs may be on their way
        self._unused: OrderedDict[int, None] = OrderedDict()    # free to stand for another interface, the oldest first
        self._shared: dict[int, int] = {}   # by link type, for those that have no row of their own
        self.unnamed = 0                    # interfaces that had to share one

    def announce_to(self, sink: Sink) -> None:
        """Tell a sink of all rows so far, and of each that comes."""
        self._sink = sink
        for number, row in enumerate(self._rows):
            sink.add_interface(number, row.key[0])

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces in use, by row."""
        return [row.key[0] for row in self._rows if row.users]

    def interface(self, row: int) -> Interface:
        """What a row stands for now."""
        return self._rows[row].key[0]

    def row(self, interface: Interface, nth: int = 0) -> int:
        """The row of an interface, for packets of it, until release(): always the same for what is equal.

        nth: how many equal ones the caller tells apart from this one.
        """
        key, new = (interface, nth), len(self._rows)
        number = self._numbers.setdefault(key, new)     # to hash an interface takes longer than all the rest
        if number != new:
            self._rows[number].users += 1
            self._unused.pop(number, None)
            return number
        if new >= self._kept and self._unused:
            return self._reuse(key)
        if new >= self._most:
            del self._numbers[key]
            self.unnamed += 1
            return self._share(interface.linktype)
        return self._append(key)

    def release(self, row: int) -> None:
        """Let go of a row: no packet of it will come from the caller any more."""
        self._rows[row].users -= 1
        if not self._rows[row].users:
            self._released.append(row)

    def passed(self) -> None:
        """All packets that sources have given are through the sinks: rows that were released are free."""
        if self._released:
            self._unused.update(dict.fromkeys(row for row in self._released if not self._rows[row].users))
            self._released.clear()

    def count(self, row: int, statistics: Statistics) -> None:
        """Add to what is known of an interface's packets."""
        self._rows[row].statistics = self._with(row, statistics)

    def tell_so_far(self, row: int, statistics: Statistics) -> None:
        """Tell the sink what is known of an interface's packets and these, which are counted later."""
        if self._sink is not None:
            self._sink.set_statistics(row, self._with(row, statistics))

    def _with(self, row: int, statistics: Statistics) -> Statistics:
        known = self._rows[row].statistics
        return known + statistics if known else statistics

    def pass_on(self, kind: int, body: bytes) -> None:
        """Hand the sink a pcapng block that concerns no interface, see Sink.write_block()."""
        if self._sink is not None:
            self._sink.write_block(kind, body)

    def tell_statistics(self) -> None:
        """Tell the sink what is known of all interfaces' packets."""
        for number in range(len(self._rows)):
            self._tell_statistics(number)

    def _tell_statistics(self, number: int) -> None:
        statistics = self._rows[number].statistics
        if self._sink is not None and statistics is not None:
            self._sink.set_statistics(number, statistics)

    def _append(self, key: Key) -> int:
        """A row more, whose number stands in _numbers already."""
        self._rows.append(_Row(key))
        return self._stand_for(len(self._rows) - 1, key)

    def _reuse(self, key: Key) -> int:
        number, _ = self._unused.popitem(last=False)
        del self._numbers[self._rows[number].key]
        self._tell_statistics(number)
        if self._sink is not None:
            self._sink.drop_interface(number)
        self._rows[number] = _Row(key)
        self._numbers[key] = number
        return self._stand_for(number, key)

    def _stand_for(self, number: int, key: Key) -> int:
        if self._sink is not None:
            self._sink.add_interface(number, key[0])
        return number

    def _share(self, linktype: int) -> int:
        if linktype not in self._shared:
            self._shared[linktype] = len(self._rows)
            self._append((Interface(label="others", linktype=linktype), 0))
        number = self._shared[linktype]
        self._rows[number].users += 1       # never unused: the first user stays
        return number
