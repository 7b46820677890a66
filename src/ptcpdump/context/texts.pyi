from collections.abc import Callable

from ptcpdump.context.model import Context
from ptcpdump.context.render import Renderer

class Texts:
    """Makes texts of contexts; its other methods are for Cython modules, see the .pxd."""

    def __init__(self, renderer: Renderer, wanted: Callable[[Context | None], bool] | None = None) -> None: ...
    def rendered(self, context: Context | None, foreign: bytes = b"") -> dict[str, bytes]:
        """Those texts of a context that are made, by their names in ContextText (packet.pxd)."""
