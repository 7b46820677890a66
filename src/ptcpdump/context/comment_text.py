"""From a context to the comments of a pcapng file, in the layout of the Go tool's files; read back by comments.py."""

import struct
from collections.abc import Callable, Iterable, Mapping

from ptcpdump.context.escape import escape, escape_json
from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import json

OPT_COMMENT = 1
MAX_COMMENT = 65535     # the length field of a pcapng option has 16 bits
MAX_FIELD = 16384       # bytes of one text inside a comment
MAX_MAP = 24576         # bytes of labels or annotations; two of them and the names fit into a comment


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


def comments(context: Context) -> list[str]:
    """The comments of a packet, one for each part that is known."""
    texts = []
    if context.process:
        texts.append(_process_comment(context.process, "", context.found))
    elif context.found is Found.KERNEL:
        texts.append(f"Found: {context.found.value}")
    if context.thread:
        texts.append(thread_comment(context.thread))
    if context.uid is not None:
        texts.append(f"UserId: {context.uid}")
    if context.parent:
        texts.append(_process_comment(context.parent, "Parent", None))
    if context.container:
        texts.append(container_comment(context.container))
    if context.pod:
        texts.append(pod_comment(context.pod))
    return texts


def thread_comment(thread: Thread) -> str:
    """The comment of a thread."""
    return f"ThreadId: {thread.tid}\nThreadName: {exact(cut(thread.name))}"


def container_comment(container: Container) -> str:
    """The comment of a container."""
    return (f"ContainerName: {exact(cut(container.name, 4096))}\nContainerId: {exact(cut(container.id, 4096))}\n"
            f"ContainerImage: {exact(cut(container.image, 4096))}\nContainerLabels: {mapping(container.labels)}")


def pod_comment(pod: Pod) -> str:
    """The comment of a pod."""
    return (f"PodName: {exact(cut(pod.name, 4096))}\nPodNamespace: {exact(cut(pod.namespace, 4096))}\n"
            f"PodUID: {exact(cut(pod.uid, 4096))}\nPodLabels: {mapping(pod.labels)}\n"
            f"PodAnnotations: {mapping(pod.annotations)}")


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
