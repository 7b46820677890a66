"""The fields that a packet's owner has: once per owner, as Python values and as ready-made JSON."""

import datetime
from json.encoder import encode_basestring_ascii as quoted

from ptcpdump.context.long_texts cimport LONG, keep, made_before
from ptcpdump.data.bounds cimport CommandLine, bounded, command_line, pairs, plain, shown
from ptcpdump.data.fields import OWNER_FIELDS

# Of each field the groups that it is in, and what stands before its value. The fields of a group stand together in the table.
cdef dict PLACES = {}
for own_field in OWNER_FIELDS:
    *within_groups, last_part = own_field.path
    PLACES[own_field.name] = (tuple(within_groups), f'"{last_part}":')


cpdef str date(time):
    """A time in ns since the epoch as text, in UTC; None for 0 and what no column of times can hold."""
    if not 0 < time < 1 << 63:
        return None
    second, fraction = divmod(time, 1_000_000_000)
    return f"{datetime.datetime.fromtimestamp(second, datetime.UTC).isoformat()[:19]}.{fraction:09d}Z"


def nanoseconds(text: str) -> int:
    """What date() made a text of."""
    return int(datetime.datetime.fromisoformat(text[:19] + "Z").timestamp()) * 10**9 + int(text[20:29])


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
