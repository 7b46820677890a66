"""The interface table of a run: rows for sources, news for sinks."""

import pytest

from ptcpdump.net.interface import Interface, Statistics
from ptcpdump.packets import Packet
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.objects import PacketSink


class Told(PacketSink):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple] = []

    def handle(self, packet: Packet) -> None:
        raise AssertionError("no packets here")

    def add_interface(self, row: int, interface: Interface) -> int:
        self.said.append(("add", row, interface.shown))
        return 0

    def drop_interface(self, row: int) -> int:
        self.said.append(("drop", row))
        return 0

    def set_statistics(self, row: int, statistics: Statistics) -> int:
        self.said.append(("statistics", row, statistics))
        return 0


def device(name: str, **more: object) -> Interface:
    return Interface(name=name, **more)


def test_equal_interfaces_share_a_row_unless_one_source_tells_them_apart():
    table = InterfaceTable(told := Told())
    asked = (("a", 0), ("b", 0), ("a", 0), ("a", 1))
    assert [table.row(device(name), nth) for name, nth in asked] == [0, 1, 0, 2]
    assert told.said == [("add", 0, "a"), ("add", 1, "b"), ("add", 2, "a")]
    assert [known.name for known in table.interfaces] == ["a", "b", "a"]


def test_a_sink_that_comes_later_is_told_of_all():
    table = InterfaceTable()
    table.row(device("a"))
    table.announce_to(told := Told())
    table.row(device("b"))
    assert told.said == [("add", 0, "a"), ("add", 1, "b")]


def test_a_row_is_not_used_again_before_its_packets_are_through():
    table = InterfaceTable(told := Told(), kept=1)
    row = table.row(device("old"))
    table.release(row)
    assert table.row(device("early")) == 1
    table.passed()
    assert table.row(device("late")) == row
    assert told.said[-2:] == [("drop", 0), ("add", 0, "late")]
    assert [known.name for known in table.interfaces] == ["late", "early"]


def test_the_row_that_was_unused_longest_is_used_first():
    table = InterfaceTable(kept=1)
    rows = [table.row(device(name)) for name in "abc"]
    for row in (rows[1], rows[2], rows[0]):
        table.release(row)
        table.passed()
    assert [table.row(device(name)) for name in "def"] == [rows[1], rows[2], rows[0]]


def test_an_interface_that_comes_back_gets_its_row_back():
    table = InterfaceTable(told := Told(), kept=1)
    first = table.row(device("a"))
    table.release(first)
    table.passed()
    assert table.row(device("a")) == first
    table.release(first)
    assert table.row(device("a")) == first      # before its packets are through, too
    table.passed()
    assert table.row(device("b")) == 1
    assert told.said == [("add", 0, "a"), ("add", 1, "b")]


def test_a_row_with_two_users_is_in_use_until_both_have_let_go():
    table = InterfaceTable(kept=1)
    row = table.row(device("a"))
    table.row(device("a"))
    table.release(row)
    table.passed()
    assert table.row(device("b")) == 1
    table.release(row)
    table.passed()
    assert table.row(device("c")) == row


def test_rows_are_kept_as_long_as_there_is_room():
    table = InterfaceTable(kept=3)
    for name in "abc":
        table.release(table.row(device(name)))
        table.passed()
    assert [table.row(device(name)) for name in "abcd"] == [0, 1, 2, 3]


def test_too_many_interfaces_share_a_row_for_their_link_type_and_are_counted():
    table = InterfaceTable(told := Told(), most=2, kept=1)
    table.row(device("a"))
    table.row(device("b"))
    shared = [table.row(device(name)) for name in "cde"]
    other = table.row(device("tun", linktype=101))
    assert shared == [2, 2, 2] and other == 3
    assert table.unnamed == 4
    assert told.said[2:] == [("add", 2, "others"), ("add", 3, "others")]
    for _ in "cde":
        table.release(2)
    table.passed()
    assert table.row(device("f")) == 2          # nobody else gets it


def test_statistics_are_added_and_told_at_the_end_and_before_the_row_is_used_again():
    table = InterfaceTable(told := Told(), kept=1)
    row = table.row(device("a"))
    table.count(row, Statistics(received=3, dropped=1))
    table.count(row, Statistics(received=4, os_dropped=2, started=10, ended=20))
    table.release(row)
    table.passed()
    table.row(device("b"))
    both = Statistics(received=7, dropped=1, os_dropped=2, started=10, ended=20)
    assert told.said[1:] == [("statistics", 0, both), ("drop", 0), ("add", 0, "b")]
    told.said.clear()
    table.tell_statistics()
    assert told.said == []


@pytest.mark.parametrize(("one", "other", "both"), [
    (Statistics(), Statistics(), Statistics()),
    (Statistics(started=5), Statistics(started=3, ended=9), Statistics(started=3, ended=9)),
    (Statistics(dropped=2**64 - 1), Statistics(dropped=2**64 - 1), Statistics(dropped=2**64 - 1)),
])
def test_sums_of_statistics(one, other, both):
    assert one + other == both
