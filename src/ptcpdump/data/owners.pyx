"""The fields that a packet's owner has: once per owner, as Python values and as ready-made JSON."""

import datetime
import re
from json.encoder import encode_basestring_ascii as quoted

from ptcpdump.context.long_texts cimport LONG, keep, made_before
from ptcpdump.data.fields import OWNER_FIELDS

cdef enum:              # each packet repeats them
    MAX_TEXT = 4096     # characters of a name or a path
    MAX_LINE = 16384    # of a command line
    MAX_WORDS = 512     # arguments as a list
    WORD = 24           # bytes that one of a list takes beside its text

MAX_LABELS = 24576      # bytes of labels or annotations, as savefiles keep them (context/comment_text.pyx)
_SURROGATES = re.compile("[\ud800-\udfff]")

# Of each field the groups that it is in, and what stands before its value. The fields of a group stand together in the table.
cdef dict PLACES = {}
for own_field in OWNER_FIELDS:
    *within_groups, last_part = own_field.path
    PLACES[own_field.name] = (tuple(within_groups), f'"{last_part}":')


cpdef str plain(str text):
    """Text that can be encoded: a byte that was no UTF-8 (PEP 383) as `\\xHH`, a lone surrogate as `\\uHHHH`."""
    return text if text.isascii() else _SURROGATES.sub(_spelled, text)


cpdef str date(time):
    """A time in ns since the epoch as text, in UTC; None for 0 and what no column of times can hold."""
    if not 0 < time < 1 << 63:
        return None
    second, fraction = divmod(time, 1_000_000_000)
    return f"{datetime.datetime.fromtimestamp(second, datetime.UTC).isoformat()[:19]}.{fraction:09d}Z"


def nanoseconds(text: str) -> int:
    """What date() made a text of."""
    return int(datetime.datetime.fromisoformat(text[:19] + "Z").timestamp()) * 10**9 + int(text[20:29])


def _spelled(match):
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


cpdef dict values_of(context):
    """The fields of an owner that are known, by name, in the table's order."""
    cdef dict values = {}
    if context is None:
        return values
    process, thread, parent, found = context.process, context.thread, context.parent, context.found
    container, pod = context.container, context.pod
    if process is not None:
        put_process(values, OF_PROCESS, process)
    if thread is not None:
        put(values, "process.thread.id", thread.tid)
        put(values, "process.thread.name", shown(thread.name))
    if parent is not None:
        put_process(values, OF_PARENT, parent)
    if context.uid is not None:
        put(values, "user.id", str(context.uid))
        put(values, "user.name", shown(context.user))
    if container is not None:
        put(values, "container.id", shown(container.id))
        put(values, "container.name", shown(container.name))
        put(values, "container.image.name", shown(container.image))
        put(values, "container.labels", bounded(container.labels))
    if pod is not None:
        put(values, "orchestrator.type", "kubernetes")
        put(values, "orchestrator.namespace", shown(pod.namespace))
        put(values, "orchestrator.resource.type", "pod")
        put(values, "orchestrator.resource.name", shown(pod.name))
        put(values, "orchestrator.resource.id", shown(pod.uid))
        put(values, "orchestrator.resource.label", pairs(pod.labels))
        put(values, "orchestrator.resource.annotation", pairs(pod.annotations))
    if found is not None and (process is not None or thread is not None or parent is not None or context.uid is not None
                              or container is not None or pod is not None):
        put(values, "ptcpdump.found", found.value)
    if process is not None:
        if process.host_pid != process.pid:
            put(values, "ptcpdump.process.host_pid", process.host_pid)
        put(values, "ptcpdump.process.outside", process.outside)
        put(values, "ptcpdump.process.args_truncated", process.truncated or command_line(process.args).cut)
    return values


cdef int put(dict values, str name, value) except -1:
    """What is empty says nothing."""
    if value:
        values[name] = value
    return 0


# The names of a process's fields, in the table's order
cdef tuple OF_PROCESS = tuple([name for name, (groups, _) in PLACES.items() if groups == ("process",)])
cdef tuple OF_PARENT = tuple([name for name, (groups, _) in PLACES.items() if groups == ("process", "parent")])


cdef int put_process(dict values, tuple names, process) except -1:
    cdef str name, last
    cdef CommandLine line = command_line(process.args)
    for name in names:
        last = name[name.rindex(".") + 1:]
        if last == "pid":
            put(values, name, process.pid)
        elif last == "name":
            put(values, name, shown(process.name))
        elif last == "executable":
            put(values, name, shown(process.command))
        elif last == "command_line":
            put(values, name, line.text)
        elif last == "args":
            put(values, name, line.words)
        else:
            put(values, name, date(process.started))
    return 0


cdef class CommandLine:
    """Of a process, as much as is told."""
    cdef list words
    cdef str text
    cdef bint cut


cdef CommandLine command_line(tuple args):
    cdef CommandLine line = made_before(args, "data")
    cdef list words = []
    cdef str word
    cdef Py_ssize_t room = MAX_LINE
    if line is not None:
        return line
    line = CommandLine.__new__(CommandLine)
    for word in args:
        line.cut = len(word) > room
        words.append(plain(word[:room]))
        room -= len(word) + 1
        if room < 0:
            break
    line.text = " ".join(words)
    line.cut = line.cut or len(words) < len(args) or len(words) > MAX_WORDS
    line.words = words[:MAX_WORDS]
    return keep(args, "data", line, len(line.text) + 8 * len(words))


cdef Weight weight_of(context):
    cdef Weight weight
    cdef CommandLine line
    weight.once = weight.each = 0
    if context is None:
        return weight
    for process in (context.process, context.parent):
        if process is not None:
            line = command_line(process.args)
            weight.once += len(line.text) + len(process.name) + len(process.command)
            weight.each += len(line.text) + WORD * len(line.words)
    if context.container is not None:
        weight.once += weight_of_labels(context.container.labels)
    if context.pod is not None:
        weight.each += weight_of_labels(context.pod.labels) + weight_of_labels(context.pod.annotations)
    weight.once += weight.each
    return weight


cdef uint32_t weight_of_labels(labels):
    cdef str label
    cdef uint32_t weight = 0
    for label in pairs(labels) if labels else ():
        weight += len(label) + WORD
    return weight


cdef str shown(str text):
    return plain(text[:MAX_TEXT])


cdef dict bounded(labels):
    """Labels in order, as many as there is room for."""
    cdef dict kept = {}
    cdef size_t size = 0
    made = made_before(labels, "data")
    if made is not None:
        return made
    for key in sorted(labels):
        size += len(key.encode(errors="surrogatepass")) + len(labels[key].encode(errors="surrogatepass")) + 6
        if size > MAX_LABELS:
            break
        kept[plain(key)] = plain(labels[key])
    return keep(labels, "data", kept, size)


cdef list pairs(labels):
    cdef list made = made_before(labels, "pairs")
    cdef str key, value
    cdef size_t size = 0
    if made is None:
        made = [f"{key}:{value}" for key, value in bounded(labels).items()]
        for value in made:
            size += len(value)
        keep(labels, "pairs", made, size)
    return made


def json_of(context) -> tuple:
    """An owner's fields as JSON, to be put into the object of a packet.

    Returns the members outside of `ptcpdump`, each behind a comma, and those inside of it, each before one.
    """
    cdef list others = [], own = []
    cdef tuple others_within = (), own_within = ("ptcpdump",)
    for name, value in values_of(context).items():
        groups, opening = PLACES[name]
        if groups[0] == "ptcpdump":
            own_within = put_member(own, own_within, groups, opening, value)
        else:
            others_within = put_member(others, others_within, groups, opening, value)
    if others:
        others.append("}" * len(others_within))
    if own:
        own.append("}" * (len(own_within) - 1) + ",")
    return "".join(others).encode(), "".join(own).encode()      # ASCII


cdef tuple put_member(list pieces, tuple within, tuple groups, str opening, value):
    """A member behind those before it; returns the groups that are open then."""
    cdef Py_ssize_t common = 0
    cdef str group
    if within is not groups:
        while common < len(within) and common < len(groups) and within[common] == groups[common]:
            common += 1
        if common < len(within):
            pieces.append("}" * (len(within) - common))
    else:
        common = len(groups)
    if pieces or common == 0:
        pieces.append(",")
    for group in groups[common:]:
        pieces.append(f'"{group}":{{')
    pieces.append(opening)
    put_value(pieces, value)
    return groups


cdef int put_value(list pieces, value) except -1:
    cdef str made
    if value is True:
        pieces.append("true")
    elif isinstance(value, int):
        pieces.append(str(value))
    elif isinstance(value, str) and len(value) < LONG:
        pieces.append(quoted(value))
    else:
        made = made_before(value, "JSON")
        if made is None:
            made = as_json(value)
            keep(value, "JSON", made, len(made))
        pieces.append(made)
    return 0


cdef str as_json(value):
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ",".join([quoted(each) for each in value]) + "]"
    return "{" + ",".join([quoted(key) + ":" + quoted(text) for key, text in value.items()]) + "}"
