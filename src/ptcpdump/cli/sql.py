"""`ptcpdump sql QUERY FILES…`: SQL over the packets of savefiles and Parquet files."""

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.cli.usage import SQL
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import PtcpdumpError, SavefileError, UsageError
from ptcpdump.lazy import lazy_modules
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sources.opening import open_source

with lazy_modules:
    from ptcpdump.data import query as queries
    from ptcpdump.sinks import parquet

_PARQUET = b"PAR1"


def run(options: Options) -> int:
    """Answer the query: columns for people, with --json an object a row."""
    words = list(options.sql)
    as_json = "--json" in words
    words = [word for word in words if word != "--json"]
    if len(words) < 2:
        raise UsageError(f"sql needs a query and files: {SQL}")
    query, *paths = words
    cut: list[SavefileError] = []
    try:
        with tempfile.TemporaryDirectory(prefix="ptcpdump-sql-") as folder:
            files = [file for number, path in enumerate(paths)
                     for file in _parquet_of(path, Path(folder, str(number)), cut)]
            names, rows = queries.answer(query, files)
    except ImportError as error:
        raise PtcpdumpError("sql needs the packages duckdb and pyarrow: pip install 'ptcpdump[sql]'") from error
    if as_json:
        say.show(*(json.dumps(dict(zip(names, row, strict=True))) for row in rows))
    elif names:
        say.show(*_table([names, *([_text(value) for value in row] for row in rows)]))
    for flaw in cut:
        say.complain(str(flaw))
    return 1 if cut else 0


def _parquet_of(path: str, made: Path, cut: list[SavefileError]) -> list[str]:
    """The Parquet files that a path stands for: those of a folder, or one made of a savefile ("-": standard input).

    Of a savefile that is cut short the whole packets count; what is wrong with it is added to `cut`.
    """
    if Path(path).is_dir():
        found = sorted(str(file) for file in Path(path).rglob("*.parquet"))
        if not found:
            raise UsageError(f"sql: {path}: there is no Parquet file in this folder")
        return found
    try:
        if Path(path).is_file():        # of a pipe nothing can be read twice
            with Path(path).open("rb") as file:
                if file.read(4) == _PARQUET:
                    return [path]
    except OSError as error:
        raise PtcpdumpError(f"{path}: can't open: {error.strerror}") from error
    with closing(parquet.open_parquet(str(made), TextOptions(numeric=True), Renderer().chosen)) as sink:
        table = InterfaceTable(sink)
        with closing(open_source(path, table)) as source:
            driver = Driver(source, sink, ContextStage(Renderer()), table)
            try:
                driver.run()
            except SavefileError as error:
                if driver.refused:      # there is no room for what is made of it
                    raise
                cut.append(error)
    return [str(made)]


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _table(rows: list[list[str]]) -> list[str]:
    """Rows in columns, the last one as wide as it is."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
