"""From a context to the comments of a pcapng file, in the layout of the Go tool's files; read back by comments.py."""

from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memset

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.context.escape cimport escape_json
from ptcpdump.context.long_texts cimport keep, made_before

from ptcpdump.context.escape import escape
from ptcpdump.context.model import Found
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import json

OPT_COMMENT = 1
MAX_COMMENT = 65535     # the length field of a pcapng option has 16 bits
MAX_FIELD = 16384       # bytes of one text inside a comment
MAX_ARGUMENTS = 4096    # likewise of a command line, as the Go tool's: each packet repeats it, and process blocks have more
MAX_MAP = 24576         # bytes of labels or annotations; two of them and the names fit into a comment
PACKET_MAP = 4096       # likewise in the comment of a packet: each repeats them


cdef object KERNEL = Found.KERNEL
cdef object SAVEFILE = Found.SAVEFILE


cpdef str cut(str text, limit=MAX_FIELD, escaped=escape):
    """Escaped text of at most `limit` bytes of UTF-8, with "..." where something is missing."""
    cdef str line = escaped(text[:limit])
    cdef bytes raw
    if len(text) <= limit and len(line) <= limit and line.isascii():
        return line
    raw = line.encode()
    whole = len(text) <= limit and len(raw) <= limit
    return line if whole else raw[: limit - 3].decode(errors="ignore") + "..."


cpdef str exact(str text):
    """A value that survives readers which strip blanks at its ends and take "..." at its end for a mark."""
    if text.startswith(" "):
        text = "\\x20" + text[1:]
    if text.endswith(" "):
        text = text[:len(text) - 1] + "\\x20"
    return text[:len(text) - 1] + "\\x2e" if text.endswith("...") else text


cpdef str mapping(values, Py_ssize_t most=MAX_MAP):
    """Labels as JSON in the form Go gives it: sorted, no blanks; those for which `most` bytes have no room are left out."""
    cdef list kept = []
    cdef Py_ssize_t size = 2, all_sizes = 0, more
    cdef str key, name, value, purpose = "labels of a packet" if most == PACKET_MAP else "labels"
    if not values:
        return "{}"
    made = made_before(values, purpose)
    if made is not None:
        return made
    quoted = json.encoder.encode_basestring
    for key in sorted(values):
        name, value = escape_json(quoted(key)), escape_json(quoted(values[key]))
        more = len(name) + len(value) + 4 if name.isascii() and value.isascii() else len((name + value).encode()) + 4
        all_sizes += more
        if size + more <= most:
            size += more
            kept.append(name + ":" + value)
    return keep(values, purpose, "{" + ",".join(kept) + "}", all_sizes)


cpdef str joined(tuple words, Py_ssize_t limit):
    """The words of a command line joined by blanks: all, or as many as make more than `limit` characters."""
    cdef Py_ssize_t size = 0, n = 0
    cdef str word
    for word in words:
        size += len(word) + 1
        n += 1
        if size > limit + 1:
            return " ".join(words[:n])
    return " ".join(words)


cpdef list comments(context):
    """The comments of a packet, one for each part that is known."""
    cdef list texts = []
    if context.process is not None:
        texts.append(process_comment(context.process, "", context.found))
    elif context.found is KERNEL:
        texts.append(f"Found: {context.found.value}")
    if context.thread is not None:
        texts.append(thread_comment(context.thread))
    if context.uid is not None:
        texts.append(f"UserId: {context.uid}")
    if context.parent is not None:
        texts.append(process_comment(context.parent, "Parent", None))
    if context.container is not None:
        texts.append(container_comment(context.container, PACKET_MAP))
    if context.pod is not None:
        texts.append(pod_comment(context.pod, PACKET_MAP))
    return texts


cpdef str thread_comment(thread):
    """The comment of a thread."""
    return f"ThreadId: {thread.tid}\nThreadName: {exact(cut(thread.name))}"


cpdef str container_comment(container, Py_ssize_t most=MAX_MAP):
    """The comment of a container."""
    return (f"ContainerName: {exact(cut(container.name, 4096))}\nContainerId: {exact(cut(container.id, 4096))}\n"
            f"ContainerImage: {exact(cut(container.image, 4096))}\nContainerLabels: {mapping(container.labels, most)}")


cpdef str pod_comment(pod, Py_ssize_t most=MAX_MAP):
    """The comment of a pod."""
    return (f"PodName: {exact(cut(pod.name, 4096))}\nPodNamespace: {exact(cut(pod.namespace, 4096))}\n"
            f"PodUID: {exact(cut(pod.uid, 4096))}\nPodLabels: {mapping(pod.labels, most)}\n"
            f"PodAnnotations: {mapping(pod.annotations, most)}")


cdef inline str last_part(str path):
    """As model.last_part(), which most paths need not be taken apart for."""
    return path if "/" not in path else path.rstrip("/").rpartition("/")[2]


cdef str process_comment(process, str prefix, found):
    """As the Go tool writes it, with keys more that its reader steps over: how the process was found, its pid on the
    host where ours is another one (the same for one outside of our pid namespace), and its name where the path does not
    say it. They stand before the arguments, which are free text to the end."""
    cdef str args = arguments(process.args) + ("..." if process.truncated else "")
    how = f"Found: {found.value}\n" if found is not None and found is not SAVEFILE else ""
    name = f"{prefix}Comm: {exact(cut(process.name))}\n" if process.name != last_part(process.command) else ""
    host = process.pid if process.outside else process.host_pid
    on_host = f"{prefix}HostPID: {host}\n" if host and (process.outside or host != process.pid) else ""
    command = f"{prefix}Cmd: {exact(cut(process.command))}\n"
    return f"{prefix}PID: {process.pid}\n{how}{on_host}{command}{name}{prefix}Args: {args}"


cdef str arguments(tuple words):
    cdef str line, text
    made = made_before(words, "comment")
    if made is not None:
        return made
    line = joined(words, MAX_ARGUMENTS)
    text = cut(line, MAX_ARGUMENTS)
    if text is line or text == escape(line):    # nothing is missing: then it must not look as if it was
        text = exact(text)
    return keep(words, "comment", text, len(line))


def encode_option(uint16_t code, bytes value not None) -> bytes:
    """A pcapng option in this machine's byte order, padded to 32 bits."""
    cdef Buffer made
    memset(&made, 0, sizeof(made))
    try:
        put_option(&made, code, <const char *>value, <uint32_t>len(value))
        return (<const char *>made.data)[:made.len]
    finally:
        buffer_free(&made)


cpdef bytes encode_comments(texts):
    """opt_comment options, each cut to what an option can hold."""
    cdef Buffer made
    cdef str text
    cdef bytes raw
    memset(&made, 0, sizeof(made))
    try:
        for text in texts:
            raw = text.encode("utf-8", "surrogateescape")
            if len(raw) > MAX_COMMENT:
                raw = raw[:MAX_COMMENT].decode("utf-8", "ignore").encode()
            put_option(&made, OPT_COMMENT, <const char *>raw, <uint32_t>len(raw))
        return (<const char *>made.data)[:made.len] if made.len else b""
    finally:
        buffer_free(&made)


cdef void put_option(Buffer *b, uint16_t code, const void *value, uint32_t n) noexcept:
    cdef uint16_t head[2]
    cdef uint32_t zero = 0
    head[0] = code
    head[1] = <uint16_t>n
    put_bytes(b, head, 4)
    put_bytes(b, value, n)
    put_bytes(b, &zero, ((n + 3) & ~<uint32_t>3) - n)
