"""Packets as Apache Arrow: the schema, and batches made of the buffers that columns.pyx fills.

Needs pyarrow (`pip install 'ptcpdump[parquet]'`), which is imported with this module, all of it: -Z's user may not be
able to read it. Arrays are made of buffers, as pyarrow.array() imports pandas where that is installed.
"""

import json
import socket
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute

from ptcpdump.context.model import Context
from ptcpdump.data.columns import expand
from ptcpdump.data.fields import FIELDS, OWNER_FIELDS, PACKET_FIELDS, Field, Kind
from ptcpdump.data.owners import nanoseconds, values_of
from ptcpdump.data.schema import REQUIRED

# How a column lies in memory: Storage of columns.pxd
NUMBERS, TIMES, BITS, WORDS, TEXTS, LISTS = range(6)

Stretch = bytes | memoryview
Column = tuple[int, int, Stretch, Stretch, Stretch, bytes, bytes]
Taken = tuple[int, Stretch, list[Column]]

BINARY = "_binary"      # what an address once more as bytes is called behind its name

_WORD = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    Kind.KEYWORD: _WORD, Kind.LONG: pa.uint32(), Kind.BOOLEAN: pa.bool_(), Kind.DATE: pa.timestamp("ns", "UTC"),
    Kind.IP: _WORD, Kind.KEYWORDS: pa.list_(pa.string()), Kind.IPS: pa.list_(pa.string()), Kind.LABELS: _WORD,
    Kind.OBJECTS: pa.string(),
}
_BINARY = pa.dictionary(pa.int32(), pa.binary())


def _type(field: Field) -> pa.DataType:
    return pa.string() if field.kind is Kind.KEYWORD and field.rare else _TYPES[field.kind]


def _columns() -> list[pa.Field]:
    found = []
    for field in FIELDS:
        about = {"description": f"{field.about}; from: {field.got}"}
        found.append(pa.field(field.name, _type(field), nullable=field.name not in REQUIRED, metadata=about))
        if field.kind is Kind.IP:
            found.append(pa.field(field.name + BINARY, _BINARY, metadata=about))
    return found


SCHEMA = pa.schema(_columns())
# Columns whose values differ from row to row
RARE = frozenset(field.name for field in FIELDS if field.rare)


def batch(taken: Taken, owners: Sequence[Context | None]) -> pa.Table:
    """A table of the schema. taken: what Columns.take() gave; owners: by their numbers in it."""
    rows, owner_rows, columns = taken
    arrays: dict[str, pa.Array] = {}
    for field, column in zip(PACKET_FIELDS, columns, strict=True):
        if column[1] == 0:
            continue
        arrays[field.name] = _array(field, rows, column)
        if field.kind is Kind.IP:
            arrays[field.name + BINARY] = _words(_BINARY, rows, column, _strings(pa.binary(), *column[5:]))
    arrays |= _owners(rows, owner_rows, owners)
    nothing: dict[pa.DataType, pa.Array] = {}       # of each type, for all columns that have no value
    for each in SCHEMA:
        if each.name not in arrays:
            if each.type not in nothing:
                nothing[each.type] = pa.nulls(rows, each.type)
            arrays[each.name] = nothing[each.type]
    return pa.Table.from_arrays([arrays[name] for name in SCHEMA.names], schema=SCHEMA)


def _array(field: Field, rows: int, column: Column) -> pa.Array:
    storage, present, valid, values, content, ends, strings = column
    nulls = rows - present
    bits = pa.py_buffer(valid) if nulls else None
    if storage == WORDS:
        return _words(_WORD, rows, column, _texts(field, ends, strings))
    if storage == TEXTS:
        return pa.StringArray.from_buffers(rows, _offsets(values), pa.py_buffer(content), bits, nulls)
    if storage == LISTS:
        numbers = pa.Array.from_buffers(pa.int32(), len(content) // 4, [None, pa.py_buffer(content)])
        items = _texts(field, ends, strings).take(numbers)
        return pa.Array.from_buffers(_TYPES[field.kind], rows, [bits, _offsets(values)], nulls, children=[items])
    return pa.Array.from_buffers(_TYPES[field.kind], rows, [bits, pa.py_buffer(values)], nulls)


def _words(kind: pa.DataType, rows: int, column: Column,
           strings: pa.Array) -> pa.DictionaryArray:
    nulls = rows - column[1]
    bits = pa.py_buffer(column[2]) if nulls else None
    return pa.DictionaryArray.from_buffers(kind, rows, [bits, pa.py_buffer(column[3])], strings, nulls)


def _texts(field: Field, ends: bytes, strings: bytes) -> pa.Array:
    """The strings of a dictionary as valid text; addresses are spelled out."""
    if field.kind is Kind.IP:
        return _of_texts([_address(each.as_py()) for each in _strings(pa.binary(), ends, strings)])
    if strings.isascii():
        return _strings(pa.string(), ends, strings)
    return _of_texts([each.as_py().decode(errors="backslashreplace") for each in _strings(pa.binary(), ends, strings)])


def _address(packed: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _strings(kind: pa.DataType, ends: bytes, strings: bytes) -> pa.Array:
    return pa.Array.from_buffers(kind, len(ends) // 4, [None, _offsets(ends), pa.py_buffer(strings)])


def _of_texts(texts: Iterable[str]) -> pa.Array:
    encoded = [text.encode() for text in texts]
    return _strings(pa.string(), array("I", accumulate(map(len, encoded))).tobytes(), b"".join(encoded))


def _offsets(ends: Stretch) -> pa.Buffer:
    return pa.py_buffer(bytes(4) + ends)


def _owners(rows: int, numbers: Stretch, owners: Sequence[Context | None]) -> dict[str, pa.Array]:
    """The columns of owners that have a value: made for each owner once, then spread over the packets."""
    known = [values_of(owner) for owner in owners]
    made = {}
    for field in OWNER_FIELDS:
        kind = _TYPES[field.kind]
        values: list[Any] = [values.get(field.name) for values in known]
        if all(value is None for value in values):
            continue
        if kind == _WORD:
            distinct = dict.fromkeys(text for text in map(_word, values) if text is not None)
            words = {text: number for number, text in enumerate(distinct)}
            made[field.name] = _spread(kind, rows, numbers, [words.get(_word(value) or "") for value in values],
                                       _of_texts(words))
        elif field.kind is Kind.LONG:
            made[field.name] = _spread(kind, rows, numbers, values)
        elif field.kind is Kind.BOOLEAN:
            known_bits, _, present = expand(memoryview(numbers).cast("I"), array("I", bytes(4 * len(values))),
                                            bytes(value is not None for value in values))
            bits = pa.py_buffer(known_bits)     # what is known is true
            made[field.name] = pa.Array.from_buffers(kind, rows, [bits, bits], rows - present)
        else:
            which = pa.Array.from_buffers(pa.uint32(), rows, [None, pa.py_buffer(numbers)])
            made[field.name] = (_times(values) if field.kind is Kind.DATE else _lists(values)).take(which)
    return made


def _times(values: list[str | None]) -> pa.Array:
    """Times of which texts tell."""
    times = array("q", (nanoseconds(value) if value else 0 for value in values)).tobytes()
    return pa.Array.from_buffers(_TYPES[Kind.DATE], len(values), [_known(values), pa.py_buffer(times)])


def _known(values: Sequence[object]) -> pa.Buffer:
    """Which values are not None; there are few enough of them for a bit to be made by itself."""
    valid = bytearray((len(values) + 7) // 8)
    for number, value in enumerate(values):
        valid[number >> 3] |= (value is not None) << (number & 7)
    return pa.py_buffer(bytes(valid))


def _lists(values: list[list[str] | None]) -> pa.Array:
    """Lists of texts."""
    ends = array("I", accumulate(len(value or ()) for value in values)).tobytes()
    items = _of_texts(text for value in values for text in value or ())
    return pa.Array.from_buffers(pa.list_(pa.string()), len(values), [_known(values), _offsets(ends)],
                                 children=[items])


def _spread(kind: pa.DataType, rows: int, numbers: Stretch, values: list[int | None],
            strings: pa.Array | None = None) -> pa.Array:
    """The value of each packet's owner."""
    valid, spread, present = expand(memoryview(numbers).cast("I"), array("I", (value or 0 for value in values)),
                                    bytes(value is not None for value in values))
    buffers = [pa.py_buffer(valid), pa.py_buffer(spread)]
    if strings is None:
        return pa.Array.from_buffers(kind, rows, buffers, rows - present)
    return pa.DictionaryArray.from_buffers(kind, rows, buffers, strings, rows - present)


def _word(value: Any) -> str | None:
    """Text as a dictionary holds it; objects are JSON."""
    return json.dumps(value) if isinstance(value, dict) else value
