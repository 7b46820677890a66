"""Data classes that cost next to nothing at start-up: `from ptcpdump.records import dataclass, field, replace`.

:mod:`dataclasses` is slow to import (by inspect it needs ast, dis and tokenize), and compiles methods for each class
while that is made; together this took half of the time in which a small savefile is printed. Type checkers see the
standard library's here, a run gets those of :mod:`ptcpdump.recordtypes`, which behave alike.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from ptcpdump.recordtypes import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
