from collections.abc import Callable

from ptcpdump.context.model import Context
from ptcpdump.context.owner_texts import OwnerTexts
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.render import Renderer

class ContextStage:
    """Knows whose a packet is, and how that is shown."""

    owners: OwnerTexts | None

    def __init__(
        self,
        renderer: Renderer,
        wanted: Callable[[Context | None], bool] | None = None,
        *,
        processes: ProcessTable | None = None,
        resolve: Callable[..., tuple[Context, int, int, tuple[int, int]]] | None = None,
    ) -> None: ...
