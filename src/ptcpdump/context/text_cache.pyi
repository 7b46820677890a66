from collections.abc import Callable

from ptcpdump.context.model import Context
from ptcpdump.context.texts import Texts

class ContextCache:
    """Texts of owners; its other methods are for Cython modules, see the .pxd."""

    def __init__(self, resolve: Callable[[bytes], tuple[Context | None, bytes]], texts: Texts) -> None: ...
    def __len__(self) -> int: ...
