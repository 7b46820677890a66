"""Parquet files: one that is named, or one after the other in folders by date and host.

A Parquet file can be read once its footer is written, when it is finished. In a folder it is called
`.NAME.parquet.unfinished` until then, so that whoever reads the folder finds whole files only.
"""

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from ptcpdump.context.model import Context
from ptcpdump.data.arrow import RARE, SCHEMA, Taken, batch
from ptcpdump.errors import SavefileError
from ptcpdump.sinks import creation
from ptcpdump.sinks.batches import BatchSink
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.rotation import Rotation, now
from ptcpdump.sinks.sink import Sink

_UNFINISHED = ".unfinished"
_GROUP_NS = 300 * 10**9     # packets' time that a row group covers
_SHORT_NS = 60 * 10**9      # where a file's size is looked at after each
_AT_ONCE = 16384            # rows of a column that are encoded at once
# By Parquet's paths: columns of which much is the same, and those that a dictionary is tried for. To look numbers up in
# one takes longer than to compress them.
_COMPRESSED = {f"{field.name}.list.element" if isinstance(field.type, pa.ListType) else field.name: field.type
               for field in SCHEMA if field.name not in RARE}
_DICTIONARIES = [path for path, kind in _COMPRESSED.items() if isinstance(kind, (pa.ListType, pa.DictionaryType))]
# Columns that queries choose by, where a row group's least and greatest value tell something; others cost without use
_STATISTICS = ["@timestamp", "source.port", "destination.port", "process.pid", "process.name"]
# To compress the lines as well would cost as much as all the rest
_COMPRESSION = dict.fromkeys(_COMPRESSED, "lz4") | dict.fromkeys(RARE, "none")
_ENCODINGS = {"@timestamp": "DELTA_BINARY_PACKED"}


class ParquetFiles:
    """Where batches go; each becomes a row group.

    path: a file, or a folder: one that exists, or a name with "/" at its end. rotation: when the next file begins, of
    which the size is looked at after each row group. Raises SavefileError naming what can't be written.
    """

    def __init__(self, path: str, rotation: Rotation | None = None) -> None:
        self._folder = path.rstrip("/") or "/" if path.endswith("/") or Path(path).is_dir() else None
        self._rotation = rotation
        self._path = rotation.first() if rotation else path
        self._node = quote(os.uname().nodename, safe="")
        self._date = ""
        self._number = 0
        self._finished = ""             # the name of a finished file in a folder
        self._file: Any = None
        self._writer: pq.ParquetWriter | None = None
        if self._folder is None:
            self._begin()
        else:
            creation.make_folder(self._folder)

    def begin(self) -> float:
        """Have the first file's time begin now; returns when the next file begins, see write()."""
        if self._rotation is not None:
            self._rotation.start()
        return self._deadline

    @property
    def _deadline(self) -> float:
        """When the next file begins, of rotation.now(); infinite without -G."""
        return self._rotation.deadline if self._rotation else float("inf")

    def write(self, taken: Taken, owners: Sequence[Context | None], first: int) -> float:
        """Write a row group, of which `first` is the earliest time; returns the deadline. May raise OutputFinished."""
        date = datetime.fromtimestamp(first // 10**9, UTC).strftime("%Y-%m-%d")
        if self._folder is not None and date != self._date:
            self.close()
            self._date = date
        if self._writer is None:
            self._begin()
        writer = self._writer
        assert writer is not None
        self._call(lambda: writer.write_table(batch(taken, owners)))
        if self._rotation is not None:
            size = self._file.tell()
            if (self._rotation.size and size > self._rotation.size) or now() >= self._deadline:
                self.close()
                self._path = self._rotation.next(size) or self._path
        return self._deadline

    def close(self) -> None:
        """Finish the file; a second call does nothing."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            self._call(writer.close)
        finally:
            self._file.close()
        if self._folder is not None:
            Path(self._path).rename(self._finished)

    def _begin(self) -> None:
        if self._folder is not None:
            folder = f"{self._folder}/date={self._date}/node={self._node}"
            creation.make_folder(folder)
            self._number += 1
            began = time.strftime("%H%M%S", time.gmtime())
            self._finished = f"{folder}/{began}-{os.getpid()}-{self._number:04d}.parquet"
            self._path = f"{folder}/.{Path(self._finished).name}{_UNFINISHED}"
        self._file = os.fdopen(creation.create(self._path), "wb", buffering=0)
        self._call(self._open)

    def _open(self) -> None:
        self._writer = pq.ParquetWriter(
            self._file, SCHEMA, compression=_COMPRESSION, use_dictionary=_DICTIONARIES, write_statistics=_STATISTICS,
            column_encoding=_ENCODINGS, write_batch_size=_AT_ONCE)

    def _call(self, what: Callable[[], object]) -> None:
        try:
            what()
        except (OSError, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or error
            raise SavefileError(f"{self._path}: can't write: {reason}; it can't be read without its end, files that "
                                "were finished before can") from error


def open_parquet(path: str, options: TextOptions, chosen: Callable[[Context], Context],
                 rotation: Rotation | None = None) -> Sink:
    """Begin to write packets to a file or to a folder. Raises SavefileError."""
    files = ParquetFiles(path, rotation)
    span = _SHORT_NS if rotation is not None and rotation.size else _GROUP_NS
    return BatchSink(options, chosen, files.write, files.close, span=span, begin=files.begin, lent=True)
