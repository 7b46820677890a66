from collections.abc import Callable

from ptcpdump.context.model import Context
from ptcpdump.context.render import Renderer

class ContextCache:
    """Texts of owners; its other methods are for Cython modules, see the .pxd."""

    def __init__(
        self,
        resolve: Callable[[bytes], tuple[Context | None, tuple[str, ...]]],
        renderer: Renderer,
        wanted: Callable[[Context | None], bool] | None = None,
    ) -> None: ...
    def __len__(self) -> int: ...
