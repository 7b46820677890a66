"""What of a context is made text, in which places: context/texts.pyx makes it."""

from enum import Flag, auto

from ptcpdump.context.model import Context, Found
from ptcpdump.context.redaction import NOTHING, Redaction
from ptcpdump.records import dataclass, replace


class Part(Flag):
    """What `--context` can choose."""

    PROCESS = auto()
    THREAD = auto()
    PARENTPROC = auto()
    USER = auto()
    CONTAINER = auto()
    POD = auto()


ALL_PARTS = Part.PROCESS | Part.THREAD | Part.PARENTPROC | Part.USER | Part.CONTAINER | Part.POD


@dataclass(frozen=True, slots=True)
class Renderer:
    """Describes the texts of a run.

    found: whether the verbose block says how the owner was found, and what the host calls processes where our pid
    namespace is another one. on_line, verbose, saved: whether anybody asks for the texts of a line, of the verbose
    block, for a file. redaction: what must not be told.
    """

    parts: Part = ALL_PARTS
    found: bool = False
    on_line: bool = True
    verbose: bool = True
    saved: bool = True
    redaction: Redaction = NOTHING

    def chosen(self, context: Context) -> Context:
        """The chosen parts of a context."""
        if self.parts is ALL_PARTS:
            return context
        return replace(
            context,
            process=context.process if Part.PROCESS in self.parts else None,
            thread=context.thread if Part.THREAD in self.parts else None,
            uid=context.uid if Part.USER in self.parts else None,
            user=context.user if Part.USER in self.parts else "",
            parent=context.parent if Part.PARENTPROC in self.parts else None,
            container=context.container if Part.CONTAINER in self.parts else None,
            pod=context.pod if Part.POD in self.parts else None,
            found=None if context.found is Found.KERNEL and Part.PROCESS not in self.parts else context.found,
        )
