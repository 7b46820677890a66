"""From a context to text: prefix and suffix of a line, verbose block, comments and process blocks of pcapng files."""

from enum import Flag, auto

from ptcpdump.context import introduction
from ptcpdump.context.comment_text import MAX_FIELD, comments, cut, encode_comments, mapping
from ptcpdump.context.escape import escape_in_brackets, escape_word
from ptcpdump.context.model import Context, Found, Process
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


def short_name(process: Process) -> str:
    """The name of a program as lines show it."""
    return cut(process.name, 255, escape_word) or "?"


def bracketed(text: str, limit: int = MAX_FIELD) -> str:
    """A name as it stands between the brackets of a line."""
    return cut(text, limit, escape_in_brackets)


def field(text: str) -> str:
    """A field of the verbose block with others behind it, from which a comma separates it."""
    return cut(text).replace(", ", "\\x2c ")


def last(text: str) -> str:
    """The last field of a line of the verbose block, which --oneline puts before the next one."""
    return text.replace("), ", "\\x29, ")


def arguments(process: Process) -> str:
    """The command line, its words joined by single blanks, "..." at the end when there was more."""
    return last(cut(" ".join(process.args))) + ("..." if process.truncated else "")


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
            prefix=_prefix(seen).encode() if self.on_line else b"",
            suffix=_suffix(seen).encode() if self.on_line else b"",
            block=_block(seen, self.found).encode() if self.verbose else b"",
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


def _prefix(context: Context) -> str:
    """Who it is; a borrowed owner, that of the packet's other end, is marked, whatever parts of it are shown."""
    process = context.process
    if context.found is Found.KERNEL:
        return "kernel "
    mark = "(peer)" if context.found is Found.PEER and _shows_owner(context) else ""
    who = (_named(process) if process else "") + mark
    return f"{who} " if who else ""


def _named(process: Process) -> str:
    """NAME.PID; a pid of the host instead of ours is marked."""
    return f"{short_name(process)}.{process.pid}{'(host)' if process.outside else ''}"


def _shows_owner(context: Context) -> bool:
    return any((context.process, context.thread, context.parent, context.container, context.pod))


def _suffix(context: Context) -> str:
    text = ""
    if context.thread:
        text += f", Thread [{bracketed(context.thread.name, 255)}.{context.thread.tid}]"
    if context.parent:
        text += f", ParentProc [{_named(context.parent)}]"
    if context.container:
        text += f", Container [{bracketed(context.container.name)}]"
    if context.pod:
        text += f", Pod [{bracketed(context.pod.name)}.{bracketed(context.pod.namespace)}]"
    return text


def _block(context: Context, found: bool) -> str:
    lines = []
    if p := context.process:
        lines.append(f"Process ({_described(p, found)})")
    elif context.found is Found.KERNEL:
        lines.append("Process (kernel)")
    if t := context.thread:
        lines.append(f"Thread (tid {t.tid}, name {last(cut(t.name))})")
    if context.uid is not None:
        lines.append(f"User (uid {context.uid})")
    if p := context.parent:
        lines.append(f"ParentProc ({_described(p, found)})")
    if c := context.container:
        lines.append(
            f"Container (name {field(c.name)}, id {field(c.id)}, image {field(c.image)}, labels {mapping(c.labels)})"
        )
    if pod := context.pod:
        lines.append(
            f"Pod (name {field(pod.name)}, namespace {field(pod.namespace)}, UID {field(pod.uid)}, "
            f"labels {mapping(pod.labels)}, annotations {mapping(pod.annotations)})"
        )
    if context.found and (found or (lines and context.found is Found.PEER)):
        lines.append(f"Found (by {context.found.value})")
    return "".join(f"\n    {line}" for line in lines)


def _described(process: Process, found: bool) -> str:
    """Its name only where the path does not say it."""
    host = " (host)" if process.outside else f", host pid {process.host_pid}" if found and process.host_pid else ""
    name = "" if process.name in (process.executable, process.command) else f"name {short_name(process)}, "
    return f"pid {process.pid}{host}, {name}cmd {field(process.command)}, args {arguments(process)}"
