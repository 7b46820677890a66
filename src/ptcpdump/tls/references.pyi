"""Where code makes given addresses the second argument of a call: a scan that is as quick as reading the code."""

from collections.abc import Collection

def find_references(
    code: bytes, address: int, targets: Collection[int], *, arm64: bool = False, most: int = 256
) -> list[tuple[int, int]]:
    """Places in code that begins at an address where one of at most 64 targets is put into the register of a second
    argument (rsi, x1), with that target; at most so many. Of the two instructions that arm64 needs it is the second.
    """
