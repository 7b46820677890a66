from collections.abc import Callable
from typing import final

from ptcpdump.context.model import Context
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.text_cache import ContextCache

@final
class OwnerTexts:
    """Texts of the owners of packets that are captured live."""

    def __init__(
        self,
        cache: ContextCache,
        processes: ProcessTable,
        resolve: Callable[..., tuple[Context, int, int, tuple[int, int]]],
    ) -> None: ...
    def __len__(self) -> int: ...
    def process_event(self, event: bytes) -> None:
        """Take in what the kernel tells of a process (struct process_event of kernel/bpf/record.h)."""

    def forget_all(self) -> None:
        """Look all owners up anew: more is known of some."""
