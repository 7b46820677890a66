from typing import final

from ptcpdump.context.model import Context

@final
class Processes:
    """Processes of a savefile by number; the numbers are this module's own, and never given twice in a run."""

    def __len__(self) -> int: ...
    def describe(self, body: bytes, *, swapped: bool) -> int:
        """Take in a custom block's body: the number of the process; 0 for a block of another kind."""

    def describe_apple(self, body: bytes, *, swapped: bool) -> int:
        """Take in the body of Apple's process block: u32 pid, then options."""

    def context(self, number: int, tid: int) -> Context | None:
        """The context behind a number, of one of its threads (0: which one is not known); None for one forgotten."""
