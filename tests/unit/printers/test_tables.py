"""Tables of names and of bits, against dictionaries."""

import random

import pytest
from extensions import compiled

SOURCE = """
from libc.stdint cimport uint32_t
from libc.string cimport memset

from ptcpdump.buffer cimport Buffer, buffer_free
from ptcpdump.printers.base.dissection cimport Dissection
from ptcpdump.printers.base.say cimport say_bits
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names


def look_up(dict texts, values):
    cdef Names table = names(texts)
    cdef const char *found
    cdef uint32_t value
    answers = []
    for value in values:
        found = name_of(&table, value, NULL)
        assert name_of(&table, value, b"other") == (found if found != NULL else b"other")
        answers.append(found if found != NULL else None)
    return answers


def listed(dict texts, uint32_t value, bytes separator, bytes none):
    cdef Bits table = bits(texts)
    cdef Dissection d
    cdef Buffer b
    memset(&d, 0, sizeof(d))
    memset(&b, 0, sizeof(b))
    d.out = &b
    say_bits(&d, &table, value, separator, none)
    text = b.data[:b.len]
    buffer_free(&b)
    return text
"""
LAST = (1 << 32) - 1


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("tables"), "tables_test", SOURCE)


@pytest.mark.parametrize("values", [
    [], [0], [7], [LAST], [0, LAST], range(10), range(5, 9), [0, 1, 2, 9, 11], [3, 5, 6, 7], [LAST - 1, LAST],
    [1 << 31, (1 << 31) + 1, LAST], range(0, 40, 3),
], ids=str)
def test_names(native, values):
    texts = {value: b"text %d" % value for value in values}
    near = {value + step & LAST for value in (*values, 0, LAST) for step in (-2, -1, 0, 1, 2)}
    asked = sorted(near)
    assert native.look_up(texts, asked) == [texts.get(value) for value in asked]


def test_names_at_random(native):
    pick = random.Random(1)
    for _ in range(300):
        texts = {pick.randrange(1 << pick.choice((3, 6, 32))): b"%d" % n for n in range(pick.randrange(40))}
        asked = [*texts, *(pick.randrange(1 << pick.choice((3, 6, 32))) for _ in range(40))]
        assert native.look_up(texts, asked) == [texts.get(value) for value in asked]


@pytest.mark.parametrize("values", [[-1], [1 << 32]])
def test_values_have_32_bits(native, values):
    with pytest.raises(OverflowError):
        native.look_up(dict.fromkeys(values, b""), [])


@pytest.mark.parametrize(("value", "text"), [
    (0, b"none"), (1, b"low"), (0x80000000, b"high"), (0x80000001, b"high, low"), (2, b"none"),
    (0xFFFFFFFF, b"high, mid, low"),
])
def test_bits_in_the_order_of_their_table(native, value, text):
    assert native.listed({0x80000000: b"high", 0x10: b"mid", 1: b"low"}, value, b", ", b"none") == text
