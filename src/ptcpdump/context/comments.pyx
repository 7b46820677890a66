"""Reading a context back from the comments of a packet, ours and those of the Go tool (also of its older versions).

Each comment holds lines `Key: value`. In what we wrote no value holds a line feed. The Go tool does not escape, so a
line feed in an argument starts a new line that may look like another key: the free text at the end of a group
(arguments, for instance) therefore goes on until a line that can only start another group, and a group that has a
comment of its own wins over one that is found inside another comment.

In Cython, as a file may tell of another process with each of its packets.
"""

from ptcpdump.context.escape cimport unescape
from ptcpdump.context.made cimport made_context, made_process

from ptcpdump.context.model import Container, Found, Pod, Thread
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import json

# Groups of keys as they are written; the first key starts a group, the last one is free text to the end.
_GROUPS: dict[str, tuple[str, ...]] = {
    "PID": ("PID", "Found", "HostPID", "Cmd", "Comm", "Args"),
    "ThreadId": ("ThreadId", "ThreadName"),
    "UserId": ("UserId",),
    "ParentPID": ("ParentPID", "ParentHostPID", "ParentCmd", "ParentComm", "ParentArgs"),
    "ContainerName": ("ContainerName", "ContainerId", "ContainerImage", "ContainerLabels"),
    "PodName": ("PodName", "PodNamespace", "PodUID", "PodLabels", "PodAnnotations"),
}
_GROUP_OF = {key: first for first, keys in _GROUPS.items() for key in keys}
_OLD_NAMES = {"TID": "ThreadId", "Command": "Cmd", "ParentCommand": "ParentCmd"}
# What a comment about context begins with, before a colon.
KEYS = frozenset(key.encode() for key in (*_GROUP_OF, *_OLD_NAMES))

BLANKS = " \t\r\n"

cdef dict LAST = {first: keys[len(keys) - 1] for first, keys in _GROUPS.items()}
cdef dict GROUP_OF = _GROUP_OF
cdef dict OLD_NAMES = _OLD_NAMES
# pid, path, name, pid on the host, arguments
cdef tuple OF_PROCESS = ("PID", "Cmd", "Comm", "HostPID", "Args")
cdef tuple OF_PARENT = tuple(["Parent" + key for key in OF_PROCESS])
cdef object SAVEFILE = Found.SAVEFILE
cdef dict FOUND = {found.value: found for found in Found}


cdef inline bint is_blank(Py_UCS4 c) noexcept:
    return c == 32 or c == 9 or c == 13 or c == 10


cdef inline str stripped(str text):
    """Without the blanks at its ends."""
    cdef Py_ssize_t n = len(text)
    if n and (is_blank(text[0]) or is_blank(text[n - 1])):
        return text.strip(BLANKS)
    return text


cdef list split_comment(str comment):
    """The groups of one comment in order, as (first key, values); empty when the comment is somebody else's."""
    cdef list groups = []
    cdef dict values = None
    cdef list more = None           # the lines of a free text, when it has several
    cdef str line, key, first = None, tail = ""     # tail: the free-text key that an odd line continues
    cdef Py_ssize_t at
    cdef bint colon
    for line in stripped(comment).split("\n"):
        at = line.find(":")
        colon = at >= 0
        key = stripped(line[:at]) if colon else ""
        key = <str>OLD_NAMES.get(key, key)
        if colon and key in LAST and not begun(groups, key):
            if more is not None:
                values[tail] = "\n".join(more)
                more = None
            first = key
            values = {key: stripped(line[at + 1:])}
            groups.append((first, values))
            tail = key if key == <str>LAST[key] else ""
            continue
        if first is None:
            if not colon or key not in GROUP_OF:
                return []
            first, values = GROUP_OF[key], {}
            groups.append((first, values))
        if colon and not tail and GROUP_OF.get(key) == first:
            if key not in values:
                values[key] = stripped(line[at + 1:])
            tail = key if key == <str>LAST[first] else ""
        elif tail:
            if more is None:
                more = [values[tail]]
            more.append(line)
    if more is not None:
        values[tail] = "\n".join(more)
    return groups


cdef bint begun(list groups, str key) except -1:
    for first, _ in groups:
        if first == key:
            return True
    return False


cpdef tuple parse_comments(comments):
    """(context or None, the comments that are not about context)."""
    cdef dict own = {}, embedded = None, values
    cdef list groups, foreign = []
    cdef str comment, first
    for comment in comments:
        groups = split_comment(comment)
        if not groups:
            foreign.append(comment)
            continue
        first, values = groups[0]
        if first in own:
            values = values | <dict>own[first]      # the first one counts, another may add to it
        own[first] = values
        if len(groups) > 1:
            if embedded is None:
                embedded = {}
            for first, values in groups[1:]:
                embedded.setdefault(first, values)
    return context_of(own if embedded is None else embedded | own), tuple(foreign)


cdef object context_of(dict found):
    cdef dict values = found.get("PID")
    process = thread = uid = parent = container = pod = None
    how = SAVEFILE
    if values is not None:
        process = process_of(values, OF_PROCESS)
        how = how_found(values, process)
    values = found.get("ThreadId")
    if values is not None:
        thread = thread_of(values)
    values = found.get("UserId")
    if values is not None:
        uid = number(values.get("UserId"))
    values = found.get("ParentPID")
    if values is not None:
        parent = process_of(values, OF_PARENT)
    values = found.get("ContainerName")
    if values is not None:
        container = container_of(values)
    values = found.get("PodName")
    if values is not None:
        pod = pod_of(values)
    if (process is None and thread is None and uid is None and parent is None and container is None and pod is None
            and how is not Found.KERNEL):
        return None
    return made_context(process, thread, uid, parent, container, pod, how, "")


cdef object completed(said, base):
    """What a packet's comments say of its owner, and what they leave out as its process's block says it."""
    if said is None or base is None:
        return said or base
    return made_context(
        fuller(said.process, base.process), said.thread or base.thread, said.uid if said.uid is not None else base.uid,
        fuller(said.parent, base.parent), exacter(said.container, base.container), exacter(said.pod, base.pod),
        said.found if said.process else base.found, base.user)


cdef object fuller(said, base):
    """Of what a comment and a block say of a process the block's, which is exact, unless they speak of two programs."""
    if said is None or base is None:
        return said or base
    alike = said.pid == base.pid and (said.name, said.command) == (base.name, base.command or base.name)
    bare = not said.command and not said.args
    return base if alike or bare else said


cdef object exacter(said, base):
    """Of what a comment and a block say of a container or pod the block's, which has more labels, if both mean the same."""
    if said is None or base is None:
        return said or base
    if type(said) is Pod:
        return base if (said.uid, said.name, said.namespace) == (base.uid, base.name, base.namespace) else said
    return base if (said.id, said.name) == (base.id, base.name) else said


cdef object number(str text):
    """A number of 32 bits; None for anything else."""
    cdef Py_ssize_t n, i
    cdef unsigned long long value = 0
    cdef unsigned int c
    if text is None:
        return None
    n = len(text)
    if n == 0 or n > 10:
        return None
    for i in range(n):
        c = text[i]
        if c < 48 or c > 57:
            return None
        value = 10 * value + (c - 48)
    return value if value < <unsigned long long>1 << 32 else None


cdef str text_of(dict values, str key):
    """A value without its escapes; empty where there is none."""
    cdef str text = values.get(key)
    return "" if text is None else unescape(text)


cdef object process_of(dict values, tuple keys):
    cdef str pid_key, command_key, name_key, host_key, args_key, command, name, args
    cdef bint truncated
    cdef tuple words = ()
    pid_key, command_key, name_key, host_key, args_key = keys
    pid = number(values.get(pid_key))
    if pid is None or (pid == 0 and not values.get(command_key)):       # macOS has a process 0, kernel_task
        return None
    if len(values) == 1:
        return made_process(pid, "", words, False, "", 0, False, 0, words)
    host_pid = number(values.get(host_key)) or 0
    command = values.get(command_key, "")
    if command.endswith("..."):
        command = command[:len(command) - 3]
    args = values.get(args_key, "")
    truncated = args.endswith("...")
    if truncated:
        args = args[:len(args) - 3]
    if args:
        words = tuple(args.split(" "))
        if "\\" in args:
            words = tuple([unescape(word) for word in words])
    return made_process(pid, unescape(command), words, truncated, text_of(values, name_key), host_pid,
                        host_pid == pid != 0, 0, ())


cdef object how_found(dict values, process):
    """How the process was found, where the file says so; that there is none, where it is the kernel's own socket."""
    found = FOUND.get(values.get("Found"))
    return found if found is not None and (process is None) == (found is Found.KERNEL) else SAVEFILE


cdef object thread_of(dict values):
    tid = number(values.get("ThreadId"))
    return Thread(tid, text_of(values, "ThreadName")) if tid else None


cdef object container_of(dict values):
    name, identity = text_of(values, "ContainerName"), text_of(values, "ContainerId")
    if not name and not identity:
        return None
    return Container(identity, name, text_of(values, "ContainerImage"), mapping(values.get("ContainerLabels")))


cdef object pod_of(dict values):
    name = text_of(values, "PodName")
    if not name:
        return None
    return Pod(name, text_of(values, "PodNamespace"), text_of(values, "PodUID"), mapping(values.get("PodLabels")),
               mapping(values.get("PodAnnotations")))


cdef dict mapping(str text):
    """Labels from JSON; what is no object of strings is nothing."""
    if not text or text == "{}":
        return {}
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, str)}
