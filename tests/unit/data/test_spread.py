"""What is known once, spread over rows: against Python that spells it out."""

from array import array
from itertools import accumulate, pairwise
from random import Random

import pytest

from ptcpdump.data.spread import spread_lists, spread_texts, spread_values


def numbers(of: bytes) -> list[int]:
    return memoryview(of).cast("I").tolist()


def ends(sizes: list[int]) -> "array[int]":
    return array("I", accumulate(sizes))


@pytest.mark.parametrize(("code", "width"), [("I", 4), ("q", 8)])
def test_values(code: str, width: int) -> None:
    random = Random(width)
    values = [random.choice([None, random.getrandbits(31)]) for _ in range(20)]
    rows = random.choices(range(20), k=1003)
    valid, spread, present = spread_values(array("I", rows), array(code, (value or 0 for value in values)).tobytes(),
                                           width, bytes(value is not None for value in values))
    known = [values[row] is not None for row in rows]
    assert present == sum(known)
    assert [bool(valid[n >> 3] >> (n & 7) & 1) for n in range(len(rows))] == known
    assert memoryview(spread).cast(code).tolist() == [values[row] or 0 for row in rows]
    known_alone = bytes(value is not None for value in values)
    assert spread_values(array("I", rows), b"", 0, known_alone) == (valid, b"", present)


def test_lists_of_texts() -> None:
    random = Random(1)
    lists = [[random.randbytes(random.randrange(9)) for _ in range(random.randrange(4))] for _ in range(20)]
    texts = [text for each in lists for text in each]
    rows = random.choices(range(20), k=1003)
    of_rows, items = spread_lists(array("I", rows), ends([len(each) for each in lists]))
    of_items, content = spread_texts(memoryview(items).cast("I"), ends([len(text) for text in texts]), b"".join(texts))
    found = [content[start:end] for start, end in pairwise([0, *numbers(of_items)])]
    assert [found[start:end] for start, end in pairwise([0, *numbers(of_rows)])] == [lists[row] for row in rows]


def test_nothing() -> None:
    nothing = array("I")
    assert spread_values(nothing, b"", 4, b"") == (b"", b"", 0)
    assert spread_lists(nothing, nothing) == spread_texts(nothing, nothing, b"") == (b"", b"")


def test_a_number_that_stands_for_nothing() -> None:
    one, other = array("I", [0]), array("I", [1])
    for spread in (lambda: spread_values(other, bytes(4), 4, b"\1"), lambda: spread_values(one, bytes(4), 8, b"\1"),
                   lambda: spread_lists(other, one), lambda: spread_texts(other, one, b"")):
        with pytest.raises(IndexError):
            spread()
