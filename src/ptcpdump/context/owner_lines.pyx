"""Texts of a context as lines show it: before and behind a packet's line, and the verbose block.

In Cython, as a savefile may name another owner with each packet.
"""

from ptcpdump.context.comment_text cimport cut, joined, mapping
from ptcpdump.context.long_texts cimport keep, made_before

from ptcpdump.context.comment_text import MAX_FIELD
from ptcpdump.context.escape import escape_in_brackets, escape_word
from ptcpdump.context.model import Found

cdef object KERNEL = Found.KERNEL
cdef object PEER = Found.PEER
cdef object IN_WORD = escape_word
cdef object IN_BRACKETS = escape_in_brackets
cdef object MOST = MAX_FIELD


cdef str short_name(process):
    """The name of a program as lines show it."""
    return cut(process.name, 255, IN_WORD) or "?"


cdef str bracketed(str text, limit=MOST):
    """A name as it stands between the brackets of a line."""
    return cut(text, limit, IN_BRACKETS)


cdef str field(str text):
    """A field of the verbose block with others behind it, from which a comma separates it."""
    return cut(text).replace(", ", "\\x2c ")


cdef str last(str text):
    """The last field of a line of the verbose block, which --oneline puts before the next one."""
    return text.replace("), ", "\\x29, ")


cdef str arguments(process):
    """The command line, its words joined by single blanks, "..." at the end when there was more."""
    cdef tuple words = process.args
    cdef str line, text = made_before(words, "shown")
    if text is None:
        line = joined(words, MOST)
        text = keep(words, "shown", last(cut(line)), len(line))
    return text + ("..." if process.truncated else "")


cpdef str prefix(context):
    """Who it is; a borrowed owner, that of the packet's other end, is marked, whatever parts of it are shown."""
    cdef str who
    if context.found is KERNEL:
        return "kernel "
    process = context.process
    who = "" if process is None else named(process)
    if context.found is PEER and shows_owner(context):
        who += "(peer)"
    return who + " " if who else ""


cdef str named(process):
    """NAME.PID; a pid of the host instead of ours is marked."""
    return f"{short_name(process)}.{process.pid}{'(host)' if process.outside else ''}"


cdef bint shows_owner(context) except -1:
    return (context.process is not None or context.thread is not None or context.parent is not None
            or context.container is not None or context.pod is not None)


cpdef str suffix(context):
    """What stands behind it of the owner's surroundings."""
    cdef str text = ""
    if context.thread is not None:
        text += f", Thread [{bracketed(context.thread.name, 255)}.{context.thread.tid}]"
    if context.parent is not None:
        text += f", ParentProc [{named(context.parent)}]"
    if context.container is not None:
        text += f", Container [{bracketed(context.container.name)}]"
    if context.pod is not None:
        text += f", Pod [{bracketed(context.pod.name)}.{bracketed(context.pod.namespace)}]"
    return text


cpdef str block(context, bint found):
    """The verbose block, a line feed before each of its lines. found: see Renderer."""
    cdef list lines = []
    if (p := context.process) is not None:
        lines.append(f"Process ({described(p, found)})")
    elif context.found is KERNEL:
        lines.append("Process (kernel)")
    if (t := context.thread) is not None:
        lines.append(f"Thread (tid {t.tid}, name {last(cut(t.name))})")
    if context.uid is not None:
        lines.append(f"User (uid {context.uid})")
    if (p := context.parent) is not None:
        lines.append(f"ParentProc ({described(p, found)})")
    if (c := context.container) is not None:
        lines.append(
            f"Container (name {field(c.name)}, id {field(c.id)}, image {field(c.image)}, labels {mapping(c.labels)})"
        )
    if (pod := context.pod) is not None:
        lines.append(
            f"Pod (name {field(pod.name)}, namespace {field(pod.namespace)}, UID {field(pod.uid)}, "
            f"labels {mapping(pod.labels)}, annotations {mapping(pod.annotations)})"
        )
    if context.found and (found or (lines and context.found is PEER)):
        lines.append(f"Found (by {context.found.value})")
    return "".join(["\n    " + line for line in lines])


cdef str described(process, bint found):
    """Its name only where the path does not say it."""
    cdef str host, name, text = made_before(process, "block, found" if found else "block")
    if text is not None:
        return text
    host = " (host)" if process.outside else f", host pid {process.host_pid}" if found and process.host_pid else ""
    known = process.name == process.command or process.name == process.executable
    name = "" if known else f"name {short_name(process)}, "
    text = f"pid {process.pid}{host}, {name}cmd {field(process.command)}, args {arguments(process)}"
    return keep(process, "block, found" if found else "block", text, len(text))
