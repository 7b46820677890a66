"""SQL over packets, by DuckDB: a view of the packets of Parquet files, and one of the names that their addresses have.

Needs duckdb and pyarrow (`pip install 'ptcpdump[sql]'`), which are imported with this module.
"""

import re
from collections.abc import Sequence
from typing import Any

import duckdb

from ptcpdump.errors import PtcpdumpError

# `remote.ip` is the other end: who gets what goes out, who sends what comes in
_PACKETS = """create view packets as
select *,
case "network.direction" when 'egress' then "destination.ip" when 'ingress' then "source.ip" end as "remote.ip"
from read_parquet($files, union_by_name = true, hive_partitioning = {partitioned})"""
# What an address is called: by DNS answers, by what TLS and HTTP clients ask for; the name that is told most often
_NAMES = """create view names as select ip, mode(name) as name from (
select unnest("dns.resolved_ip") as ip, "dns.question.name"::varchar as name from packets where "dns.type" = 'answer'
union all select "destination.ip", "tls.client.server_name" from packets where "tls.client.server_name" is not null
union all select "destination.ip", "url.domain" from packets where "url.domain" is not null) group by ip"""


def answer(query: str, files: Sequence[str]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names of a query's columns, and its rows: numbers, True and False, None, lists, and all else as text.

    files: Parquet files; if all lie in folders `date=…/node=…`, packets have columns of these names. Raises
    PtcpdumpError with what DuckDB says.
    """
    with duckdb.connect() as connection:
        try:
            connection.execute("set autoinstall_known_extensions = false")
            partitioned = all("/node=" in file for file in files)
            listed = "[" + ", ".join(map(_quoted, files)) + "]"
            connection.execute(_PACKETS.format(partitioned=partitioned).replace("$files", listed))
            connection.execute(_NAMES)
            result = connection.execute(query)
            if result.description is None:
                return [], []
            names = [column[0] for column in result.description]
            return names, [tuple(map(_plain, row)) for row in result.fetchall()]
        except duckdb.Error as error:
            raise PtcpdumpError(f"sql: {' '.join(str(error).split())}") from error


def _quoted(file: str) -> str:
    """A file's name as text of SQL, in which nothing is a pattern: each of `*?[` is a set of one character."""
    return "'" + re.sub(r"[*?[]", r"[\g<0>]", file).replace("'", "''") + "'"


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
