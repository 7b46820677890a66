"""From a context to text: prefix and suffix of a line, verbose block, comments and process blocks of pcapng files."""

from enum import Flag, auto

from ptcpdump.context import introduction
from ptcpdump.context.comment_text import comments, encode_comments
from ptcpdump.context.model import Context, Found
from ptcpdump.context.owner_lines import block, prefix, suffix
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
class Rendered:
    """A context as bytes, in the places where it appears; see ContextText in packet.pxd.

    introduction: None where nothing of it is for a file.
    """

    prefix: bytes = b""
    suffix: bytes = b""
    block: bytes = b""
    options: bytes = b""
    foreign: bytes = b""
    introduction: "introduction.Introduction | None" = None


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders the chosen parts.

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

    def render(self, context: Context | None, foreign: bytes = b"") -> Rendered:
        """The texts that are asked for. foreign: comments of a savefile that are not about context, as options, kept as
        they are."""
        if context is None:
            return Rendered(options=foreign, foreign=foreign)
        seen = self.chosen(context)
        return Rendered(
            prefix=prefix(seen).encode() if self.on_line else b"",
            suffix=suffix(seen).encode() if self.on_line else b"",
            block=block(seen, self.found).encode() if self.verbose else b"",
            options=encode_comments(comments(seen)) + foreign if self.saved else b"",
            foreign=foreign if self.saved else b"",
            introduction=introduction.introduction(seen, context.process) if self.saved else None,
        )

    def redacted(self, context: Context | None) -> Context | None:
        """A context without what must not be told."""
        return self.redaction.applied(context) if context and self.redaction else context

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
