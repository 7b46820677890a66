from collections.abc import Iterable

from ptcpdump.context.model import Context

BLANKS: str
KEYS: frozenset[bytes]
_GROUPS: dict[str, tuple[str, ...]]

def parse_comments(comments: Iterable[str]) -> tuple[Context | None, tuple[str, ...]]: ...
