"""From a context to text: the prefix and suffix of a line, the verbose block, the comments of a pcapng file."""

import struct
from collections.abc import Callable, Iterable, Mapping
from enum import Flag, auto

from ptcpdump.context.escape import escape, escape_in_brackets, escape_json, escape_word
from ptcpdump.context.model import Context, Found, Process
from ptcpdump.lazy import lazy_modules
from ptcpdump.records import dataclass

with lazy_modules:
    import json

OPT_COMMENT = 1
MAX_COMMENT = 65535     # the length field of a pcapng option has 16 bits
MAX_FIELD = 16384       # bytes of one text inside a comment
MAX_MAP = 24576         # bytes of labels or annotations; two of them and the names fit into a comment


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
    """A context as bytes, in the four places where it appears; see ContextText in packet.pxd."""

    prefix: bytes = b""
    suffix: bytes = b""
    block: bytes = b""
    options: bytes = b""


def cut(text: str, limit: int = MAX_FIELD, escaped: Callable[[str], str] = escape) -> str:
    """Escaped text of at most `limit` bytes of UTF-8, with "..." where something is missing."""
    line = escaped(text[:limit])
    raw = line.encode()
    whole = len(text) <= limit and len(raw) <= limit
    return line if whole else raw[: limit - 3].decode(errors="ignore") + "..."


def exact(text: str) -> str:
    """A value that survives readers which strip blanks at its ends and take "..." at its end for a mark."""
    if text[:1] == " ":
        text = "\\x20" + text[1:]
    if text[-1:] == " ":
        text = text[:-1] + "\\x20"
    return text[:-1] + "\\x2e" if text.endswith("...") else text


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


def mapping(values: Mapping[str, str]) -> str:
    """Labels as JSON in the form Go gives it: sorted, no blanks; those that are too many for a comment are left out."""
    kept: dict[str, str] = {}
    size = 2
    for key in sorted(values):
        piece = escape_json(json.dumps({key: values[key]}, ensure_ascii=False))
        size += len(piece.encode())
        if size > MAX_MAP:
            break
        kept[key] = values[key]
    return escape_json(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders the chosen parts.

    found: whether the verbose block says how the owner was found, and what the host calls processes where our pid
    namespace is another one. on_line, verbose, saved: whether anybody asks for the texts of a line, of the verbose
    block, for a file.
    """

    parts: Part = ALL_PARTS
    found: bool = False
    on_line: bool = True
    verbose: bool = True
    saved: bool = True

    def render(self, context: Context | None, foreign: bytes = b"") -> Rendered:
        """The texts that are asked for. foreign: comments of a savefile that are not about context, as options, kept as
        they are."""
        if context is None:
            return Rendered(options=foreign)
        seen = self.chosen(context)
        return Rendered(
            prefix=_prefix(seen).encode() if self.on_line else b"",
            suffix=_suffix(seen).encode() if self.on_line else b"",
            block=_block(seen, self.found).encode() if self.verbose else b"",
            options=encode_comments(comments(seen)) + foreign if self.saved else b"",
        )

    def chosen(self, context: Context) -> Context:
        """The chosen parts of a context."""
        if self.parts is ALL_PARTS:
            return context
        return Context(
            process=context.process if Part.PROCESS in self.parts else None,
            thread=context.thread if Part.THREAD in self.parts else None,
            uid=context.uid if Part.USER in self.parts else None,
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


def comments(context: Context) -> list[str]:
    """The comments of a packet, one for each part that is known."""
    texts = []
    if context.process:
        texts.append(_process_comment(context.process, "", context.found))
    elif context.found is Found.KERNEL:
        texts.append(f"Found: {context.found.value}")
    if t := context.thread:
        texts.append(f"ThreadId: {t.tid}\nThreadName: {exact(cut(t.name))}")
    if context.uid is not None:
        texts.append(f"UserId: {context.uid}")
    if context.parent:
        texts.append(_process_comment(context.parent, "Parent", None))
    if c := context.container:
        texts.append(
            f"ContainerName: {exact(cut(c.name, 4096))}\nContainerId: {exact(cut(c.id, 4096))}\n"
            f"ContainerImage: {exact(cut(c.image, 4096))}\nContainerLabels: {mapping(c.labels)}"
        )
    if pod := context.pod:
        texts.append(
            f"PodName: {exact(cut(pod.name, 4096))}\nPodNamespace: {exact(cut(pod.namespace, 4096))}\n"
            f"PodUID: {exact(cut(pod.uid, 4096))}\nPodLabels: {mapping(pod.labels)}\n"
            f"PodAnnotations: {mapping(pod.annotations)}"
        )
    return texts


def _process_comment(process: Process, prefix: str, found: Found | None) -> str:
    """As the Go tool writes it, with keys more that its reader steps over: how the process was found, its pid on the
    host where ours is another one (the same for one outside of our pid namespace), and its name where the path does not
    say it. They stand before the arguments, which are free text to the end."""
    line = " ".join(process.args)
    args = cut(line)
    if args == escape(line):    # nothing is missing: then it must not look as if it was
        args = exact(args)
    if process.truncated:
        args += "..."
    how = f"Found: {found.value}\n" if found and found is not Found.SAVEFILE else ""
    name = f"{prefix}Comm: {exact(cut(process.name))}\n" if process.name != process.executable else ""
    host = process.pid if process.outside else process.host_pid
    on_host = f"{prefix}HostPID: {host}\n" if host and (process.outside or host != process.pid) else ""
    command = f"{prefix}Cmd: {exact(cut(process.command))}\n"
    return f"{prefix}PID: {process.pid}\n{how}{on_host}{command}{name}{prefix}Args: {args}"


def encode_option(code: int, value: bytes) -> bytes:
    """A pcapng option in this machine's byte order, padded to 32 bits."""
    return struct.pack("=HH", code, len(value)) + value + bytes(-len(value) % 4)


def encode_comments(texts: Iterable[str]) -> bytes:
    """opt_comment options, each cut to what an option can hold."""
    options = []
    for text in texts:
        raw = text.encode(errors="surrogateescape")
        if len(raw) > MAX_COMMENT:
            raw = raw[:MAX_COMMENT].decode(errors="ignore").encode()
        options.append(encode_option(OPT_COMMENT, raw))
    return b"".join(options)
