"""What a context looks like, without a packet of its owner."""

from types import SimpleNamespace

from ptcpdump.context.model import Context
from ptcpdump.context.render import Renderer
from ptcpdump.context.texts import Texts


def rendered(context: Context | None, foreign: bytes = b"", renderer: Renderer | None = None) -> SimpleNamespace:
    """Its texts by their names in packet.pxd, as bytes. foreign: comments of a savefile that are not about it."""
    return SimpleNamespace(**Texts(renderer or Renderer()).rendered(context, foreign))
