"""Headers of HTTP/2 from anyone: what is read of them, and what makes no sense, is what hpack's own decoder says."""

import random

from fuzzing import turns
from hpack import Decoder, Encoder, HPACKError
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcpdump.tls.headers import HeaderDecoder
from ptcpdump.tls.headerstrings import NAMES

WORDS = (*NAMES, b"x", b"cookie", b"user-agent", b"", b"content-typf", b"\xff" * 14)
MOST = 1 << 16


def judged(judge: Decoder, block: bytes) -> dict[bytes, str] | None:
    """The fields that matter, by hpack; None where it finds no sense in them."""
    found: dict[bytes, str] = {}
    try:
        for name, value in judge.decode(block, raw=True):
            if name in NAMES:
                found.setdefault(name, value.decode("latin-1"))
    except (HPACKError, IndexError):
        return None
    return found


def ours(reader: HeaderDecoder, block: bytes) -> dict[bytes, str] | None:
    try:
        return reader.read(block)
    except ValueError:
        return None


def block(chance: random.Random, encoder: Encoder) -> bytes:
    """One that makes sense, with what fields may be: long, short, indexed, kept or not, in Huffman's code or not."""
    if chance.randrange(6) == 0:
        encoder.header_table_size = chance.choice([0, 40, 100, 1000, 4096, 1 << 20])
    fields = [(chance.choice(WORDS), chance.choice([
        b"", b"200", b"GET", b"/", chance.randbytes(chance.choice([1, 9, 200])), b"a" * chance.choice([3, 130, 5000])]),
        chance.randrange(8) == 0) for _ in range(chance.randint(0, 12))]
    return bytes(encoder.encode(fields, huffman=chance.random() < 0.6))


def changed(chance: random.Random, data: bytes) -> bytes:
    whole = bytearray(data)
    at = chance.randrange(len(whole) + 1)
    if chance.randrange(3):
        whole[at:at + 1] = chance.choice([b"\0", b"\x0f", b"\x1f", b"\x20", b"\x3f", b"\x40", b"\x7f", b"\x80", b"\xbe",
                                          b"\xff", chance.randbytes(1)])
    elif chance.randrange(2):
        del whole[at:at + chance.choice([1, 2, 50])]
    else:
        whole[at:at] = chance.randbytes(chance.choice([1, 5]))
    return bytes(whole)


def test_blocks() -> None:
    """In connections of several blocks, which build on each other."""
    chance, made_sense = random.Random(1), 0
    for _ in range(turns(1500)):
        encoder, judge, reader = Encoder(), Decoder(MOST), HeaderDecoder()
        if chance.randrange(3) == 0:
            size = chance.choice([0, 64, 5000, 1 << 20])
            judge.max_allowed_table_size = size
            reader.allow(size)
        for _ in range(chance.randint(1, 8)):
            data = block(chance, encoder)
            if chance.randrange(4) == 0:
                data = changed(chance, data)
            expected = judged(judge, data)
            assert ours(reader, data) == expected, data
            if expected is None:        # the connection's headers are read no more
                break
            made_sense += 1
    assert made_sense > turns(1500) // 2


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4))
def test_anything(blocks: list[bytes]) -> None:
    judge, reader = Decoder(MOST), HeaderDecoder()
    for data in blocks:
        expected = judged(judge, data)
        assert ours(reader, data) == expected
        if expected is None:
            break


def test_tables_of_all_sizes() -> None:
    """What has come in, and what had to go, when the table grows and shrinks around its contents."""
    judge, reader = Decoder(MOST), HeaderDecoder()
    judge.max_allowed_table_size = 1 << 20
    reader.allow(1 << 20)
    chance = random.Random(2)
    for turn in range(turns(400)):
        data = bytearray()
        if turn % 7 == 0:
            size = chance.choice([0, 33, 60, 100, 3000, 100_000])
            data += b"\x3f" + _rest(size - 31) if size >= 31 else bytes([0x20 | size])
        for _ in range(chance.randint(1, 60)):
            value = bytes([chance.randrange(256)]) * chance.choice([0, 1, 20, 100])
            data += b"\x40\5:path" + bytes([len(value)]) + value if chance.randrange(2) else (
                bytes([0x40 | chance.choice([1, 4, 31])]) + bytes([len(value)]) + value)
        assert ours(reader, bytes(data)) == judged(judge, bytes(data))
        known = len(judge.header_table.dynamic_entries)
        for index in (0, known // 2, known - 1, known):
            number = 62 + index
            single = bytes([0x80 | number]) if number < 127 else b"\xff" + _rest(number - 127)
            if index < known:
                assert ours(reader, single) == judged(judge, single)
            else:
                assert ours(reader, single) is judged(judge, single) is None


def _rest(number: int) -> bytes:
    """What stands behind the first byte of a number (RFC 7541, 5.1)."""
    parts = []
    while number >= 128:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
