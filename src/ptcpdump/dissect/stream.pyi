"""One direction of a TCP connection put together from its segments."""

from typing import NamedTuple

HOLD: int
LIMIT: int

class Start(NamedTuple):
    midstream: bool

class Data(NamedTuple):
    offset: int
    data: bytes

class Gap(NamedTuple):
    offset: int
    length: int

class End(NamedTuple):
    offset: int
    reason: str

Event = Start | Data | Gap | End

class Stream:
    @property
    def started(self) -> bool: ...
    @property
    def ended(self) -> bool: ...
    @property
    def midstream(self) -> bool: ...
    @property
    def offset(self) -> int: ...
    @property
    def held(self) -> int: ...
    @property
    def last(self) -> int: ...
    def __init__(self, *, hold: int = ..., limit: int = ...) -> None: ...
    def segment(
        self, seq: int, flags: int, payload: bytes, time: int = 0, length: int | None = None
    ) -> list[Event]: ...
    def expire(self, time: int) -> list[Event]: ...
    def close(self, reason: str = "closed") -> list[Event]: ...
