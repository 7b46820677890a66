"""Lists of links while somebody changes them."""

import pytest

from ptcpdump.net import netlink
from ptcpdump.net.netlink import Link, dump_links


def test_a_list_that_is_never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes and removes devices in a namespace of his own without a pause can't keep us there for ever."""
    asked = 0

    def interrupted(_: object) -> tuple[list[Link], bool]:
        nonlocal asked
        asked += 1
        assert asked < 10
        return [Link(3, f"new{asked}", 1, 0), Link(1, "lo", 772, 0)][asked % 2:], True

    monkeypatch.setattr(netlink, "_dump_once", interrupted)
    assert [link.index for link in dump_links(None)] == [1, 3]


def test_a_list_that_is_whole_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in earlier ones alone is gone."""
    lists = iter([([Link(7, "gone", 1, 0)], True), ([Link(1, "lo", 772, 0)], False)])
    monkeypatch.setattr(netlink, "_dump_once", lambda _: next(lists))
    assert [link.name for link in dump_links(None)] == ["lo"]
