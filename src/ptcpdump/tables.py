"""Packets of the library as Apache Arrow tables, and as files: what is done with them by a run of its own."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ptcpdump.context.model import Context
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import PtcpdumpError
from ptcpdump.lazy import lazy_modules
from ptcpdump.packets import Packet
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks import writer
from ptcpdump.sinks.batches import BatchSink
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.objects import PacketSource
from ptcpdump.sources.opening import open_source

if TYPE_CHECKING:
    import pyarrow as pa

    from ptcpdump.data.arrow import Taken

with lazy_modules:
    from ptcpdump.data import arrow
    from ptcpdump.sinks import packing, parquet

_TEXT = TextOptions(numeric=True)
_WHOLE = 1 << 62        # ns: batches end by number only


def arrow_table(packets: Iterable[Packet] | str | os.PathLike[str], text: TextOptions | None = None) -> "pa.Table":
    """A table of packets, or of those of a savefile. Raises PtcpdumpError without pyarrow, and SavefileError."""
    try:
        schema = arrow.SCHEMA
    except ImportError as error:
        raise PtcpdumpError("Arrow tables need the package pyarrow: pip install 'ptcpdump[parquet]'") from error
    import pyarrow as pa  # noqa: PLC0415  it is there

    tables: list[pa.Table] = []

    def give(taken: "Taken", owners: Sequence[Context | None], _: int) -> float:
        tables.append(arrow.batch(taken, owners))
        return float("inf")

    renderer = Renderer()
    _pass_on(packets, BatchSink(text or _TEXT, renderer.chosen, give, lambda: None, span=_WHOLE), renderer)
    return pa.concat_tables(tables) if tables else schema.empty_table()


def write_packets(path: str | os.PathLike[str], packets: Iterable[Packet], *, nano: bool = True) -> int:
    """Write packets to a savefile; see ptcpdump.write()."""
    name, renderer = os.fspath(path), Renderer()
    compress = next((kind for kind, ending in packing.ENDINGS.items() if name.endswith(ending)), "")
    sink = (parquet.open_parquet(name, _TEXT, renderer.chosen) if name.endswith(".parquet")
            else writer.open_writer(name, nano=nano, compress=compress))
    return _pass_on(packets, sink, renderer)


def _pass_on(packets: Iterable[Packet] | str | os.PathLike[str], sink: Sink, renderer: Renderer) -> int:
    """Hand packets over to a sink, and close it; returns how many there were."""
    table = InterfaceTable(sink)
    try:
        source = open_source(packets, table) if isinstance(packets, str | os.PathLike) else PacketSource(packets, table)
        try:
            driver = Driver(source, sink, ContextStage(renderer), table)
            driver.run()
        finally:
            source.close()
    finally:
        sink.close()
    return driver.passed
