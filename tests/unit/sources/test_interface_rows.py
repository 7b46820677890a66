"""Rows of interfaces by namespace and number, as the live source looks them up for each packet."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ptcpdump.sources.interface_rows import InterfaceRows


def test_more_than_any_machine_has():
    rows = InterfaceRows()
    for n in range(20_000):
        rows.put(4026531840 + n % 7, n + 1, n, 1)
    assert len(rows) == 20_000
    assert all(rows.row(4026531840 + n % 7, n + 1) == n for n in range(20_000))
    assert rows.row(4026531840, 20_001) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(1, 40)), max_size=300))
def test_like_a_dictionary(steps):
    rows, model = InterfaceRows(), {}
    for number, (put, netns, ifindex) in enumerate(steps):
        if put:
            rows.put(netns, ifindex, number, 1)
            model[netns, ifindex] = number
        else:
            rows.drop(netns, ifindex)
            model.pop((netns, ifindex), None)
    assert len(rows) == len(model)
    assert {(netns, ifindex): row for netns in range(1, 5) for ifindex in range(1, 41)
            if (row := rows.row(netns, ifindex)) is not None} == model
