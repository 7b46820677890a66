"""Packets as Apache Arrow: the schema, and batches made of the buffers that columns.pyx fills.

Needs pyarrow (`pip install 'ptcpdump[parquet]'`), which is imported with this module: -Z's user may not be able to.
Arrays are made of buffers and nothing is computed by pyarrow: pyarrow.array() imports pandas where that is installed,
and pyarrow.compute takes 40 ms.
"""

import json
import socket
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa

from ptcpdump.context.model import Context
from ptcpdump.data.fields import FIELDS, OWNER_FIELDS, PACKET_FIELDS, Field, Kind
from ptcpdump.data.owners import nanoseconds, values_of
from ptcpdump.data.schema import REQUIRED
from ptcpdump.data.spread import spread_lists, spread_texts, spread_values

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
        return _list_array(rows, [bits, _offsets(values)], nulls, content, *_valid(field, ends, strings))
    return pa.Array.from_buffers(_TYPES[field.kind], rows, [bits, pa.py_buffer(values)], nulls)


def _words(kind: pa.DataType, rows: int, column: Column,
           strings: pa.Array) -> pa.DictionaryArray:
    nulls = rows - column[1]
    bits = pa.py_buffer(column[2]) if nulls else None
    return pa.DictionaryArray.from_buffers(kind, rows, [bits, pa.py_buffer(column[3])], strings, nulls)


def _texts(field: Field, ends: bytes, strings: bytes) -> pa.Array:
    """The strings of a dictionary as valid text; addresses are spelled out."""
    return _strings(pa.string(), *_valid(field, ends, strings))


def _valid(field: Field, ends: bytes, strings: bytes) -> tuple[bytes, bytes]:
    """The same as where each text ends, and the texts."""
    if field.kind is Kind.IP:
        return _joined(map(_address, _cut(ends, strings)))
    if strings.isascii():
        return ends, strings
    return _joined(each.decode(errors="backslashreplace") for each in _cut(ends, strings))


def _cut(ends: bytes, strings: bytes) -> Iterator[bytes]:
    start = 0
    for end in memoryview(ends).cast("I"):
        yield strings[start:end]
        start = end


def _address(packed: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _strings(kind: pa.DataType, ends: bytes, strings: bytes) -> pa.Array:
    return pa.Array.from_buffers(kind, len(ends) // 4, [None, _offsets(ends), pa.py_buffer(strings)])


def _joined(texts: Iterable[str]) -> tuple[bytes, bytes]:
    """Where each text ends, and the texts one after the other, as UTF-8."""
    encoded = [text.encode() for text in texts]
    return array("I", accumulate(map(len, encoded))).tobytes(), b"".join(encoded)


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
            texts = _as_words(values)
            words = {text: number for number, text in enumerate(dict.fromkeys(filter(None, texts)))}
            made[field.name] = _spread(kind, rows, numbers, [words.get(text or "") for text in texts],
                                       _strings(pa.string(), *_joined(words)))
        elif field.kind is Kind.LONG:
            made[field.name] = _spread(kind, rows, numbers, values)
        elif field.kind is Kind.BOOLEAN:
            bits, present = _validity(numbers, values)      # what is known is true
            made[field.name] = pa.Array.from_buffers(kind, rows, [bits, bits], rows - present)
        elif field.kind is Kind.DATE:
            made[field.name] = _spread(kind, rows, numbers, [nanoseconds(value) if value else None for value in values])
        else:
            made[field.name] = _lists(rows, numbers, values)
    return made


def _known(values: Sequence[object]) -> bytes:
    """Which values are not None, a byte each."""
    return bytes(value is not None for value in values)


def _validity(numbers: Stretch, values: Sequence[object]) -> tuple[pa.Buffer, int]:
    """Bits that say which rows have a value, and how many do."""
    valid, _, present = spread_values(_numbers(numbers), b"", 0, _known(values))
    return pa.py_buffer(valid), present


def _lists(rows: int, numbers: Stretch, values: list[list[str] | None]) -> pa.ListArray:
    """Lists of texts, of which many owners may share one."""
    distinct = {id(value): value for value in values if value is not None}
    places = {address: place for place, address in enumerate(distinct, 1)}     # 0: none
    laid = array("I", (places.get(id(value), 0) for value in values))
    valid, lists, present = spread_values(_numbers(numbers), laid.tobytes(), laid.itemsize, _known(values))
    ends, items = spread_lists(_numbers(lists), array("I", accumulate(map(len, distinct.values()), initial=0)))
    bits = pa.py_buffer(valid)
    texts = _joined(text for value in distinct.values() for text in value)
    return _list_array(rows, [bits, _offsets(ends)], rows - present, items, *texts)


def _list_array(rows: int, buffers: list[pa.Buffer | None], nulls: int, items: Stretch, ends: bytes,
                texts: bytes) -> pa.ListArray:
    """Lists of texts, of which the items are told by their numbers."""
    children = [_strings(pa.string(), *spread_texts(_numbers(items), _numbers(ends), texts))]
    return pa.Array.from_buffers(pa.list_(pa.string()), rows, buffers, nulls, children=children)


def _spread(kind: pa.DataType, rows: int, numbers: Stretch, values: list[int | None],
            strings: pa.Array | None = None) -> pa.Array:
    """The value of each packet's owner."""
    code = "q" if kind.bit_width == 64 else "I"
    laid = array(code, (value or 0 for value in values))
    valid, spread, present = spread_values(_numbers(numbers), laid.tobytes(), laid.itemsize, _known(values))
    buffers = [pa.py_buffer(valid), pa.py_buffer(spread)]
    if strings is None:
        return pa.Array.from_buffers(kind, rows, buffers, rows - present)
    return pa.DictionaryArray.from_buffers(kind, rows, buffers, strings, rows - present)


def _numbers(of: Stretch) -> memoryview:
    """Numbers of four bytes each."""
    return memoryview(of).cast("I")


def _as_words(values: Sequence[Any]) -> list[str | None]:
    """Texts as a dictionary holds them; objects are JSON."""
    made: dict[int, str] = {}       # of objects, which many owners may share
    for value in values:
        if isinstance(value, dict) and id(value) not in made:
            made[id(value)] = json.dumps(value)
    return [made.get(id(value)) if isinstance(value, dict) else value for value in values]
