"""Reading a context back from the comments of a packet, ours and those of the Go tool (also of its older versions).

Each comment holds lines `Key: value`. In what we wrote no value holds a line feed. The Go tool does not escape, so a
line feed in an argument starts a new line that may look like another key: the free text at the end of a group
(arguments, for instance) therefore goes on until a line that can only start another group, and a group that has a
comment of its own wins over one that is found inside another comment.
"""

from collections.abc import Iterable

from ptcpdump.context.escape import unescape
from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
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

Group = dict[str, str]
_NOTHING = (None,) * 6


def split_comment(comment: str) -> list[tuple[str, Group]]:
    """The groups of one comment in order, as (first key, values); empty when the comment is somebody else's."""
    groups: list[tuple[str, Group]] = []
    tail = ""       # the free-text key that an odd line continues
    for line in comment.strip(BLANKS).split("\n"):
        key, colon, value = line.partition(":")
        key = key.strip(BLANKS)
        key = _OLD_NAMES.get(key, key)
        if colon and key in _GROUPS and all(key != first for first, _ in groups):
            groups.append((key, {key: value.strip(BLANKS)}))
            tail = key if len(_GROUPS[key]) == 1 else ""
            continue
        if not groups and colon and key in _GROUP_OF:
            groups.append((_GROUP_OF[key], {}))
        if not groups:
            return []
        first, values = groups[-1]
        if colon and not tail and key in _GROUPS[first]:
            values.setdefault(key, value.strip(BLANKS))
            tail = key if key == _GROUPS[first][-1] else ""
        elif tail:
            values[tail] += "\n" + line
    return groups


def parse_comments(comments: Iterable[str]) -> tuple[Context | None, tuple[str, ...]]:
    """(context or None, the comments that are not about context)."""
    own: dict[str, Group] = {}
    embedded: dict[str, Group] = {}
    foreign = []
    for comment in comments:
        groups = split_comment(comment)
        if not groups:
            foreign.append(comment)
            continue
        first, values = groups[0]
        own[first] = values | own.get(first, {})    # the first one counts, another may add to it
        for first, values in groups[1:]:
            embedded.setdefault(first, values)
    found = embedded | own
    process = _process(found.get("PID", {}), "")
    context = Context(
        process=process,
        thread=_thread(found.get("ThreadId", {})),
        uid=_number(found.get("UserId", {}).get("UserId")),
        parent=_process(found.get("ParentPID", {}), "Parent"),
        container=_container(found.get("ContainerName", {})),
        pod=_pod(found.get("PodName", {})),
        found=_how(found.get("PID", {}), process),
    )
    known = (process, context.thread, context.uid, context.parent, context.container, context.pod)
    return (None if known == _NOTHING and context.found is not Found.KERNEL else context), tuple(foreign)


def completed(said: Context | None, base: Context | None) -> Context | None:
    """What a packet's comments say of its owner, and what they leave out as its process's block says it."""
    if said is None or base is None:
        return said or base
    return Context(
        process=_fuller(said.process, base.process),
        thread=said.thread or base.thread,
        uid=said.uid if said.uid is not None else base.uid,
        parent=_fuller(said.parent, base.parent),
        container=said.container or base.container,
        pod=said.pod or base.pod,
        found=said.found if said.process else base.found,
        user=base.user,
    )


def _fuller(said: Process | None, base: Process | None) -> Process | None:
    """Of what a comment and a block say of a process the block's, which is exact, unless they speak of two programs."""
    if said is None or base is None:
        return said or base
    alike = said.pid == base.pid and (said.name, said.command) == (base.name, base.command or base.name)
    bare = not said.command and not said.args
    return base if alike or bare else said


def _number(text: str | None) -> int | None:
    """A number of 32 bits; None for anything else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    value = int(text)
    return value if value < 1 << 32 else None


def _process(values: Group, prefix: str) -> Process | None:
    pid = _number(values.get(prefix + "PID"))
    if not pid:
        return None
    host_pid = _number(values.get(prefix + "HostPID")) or 0
    command = values.get(prefix + "Cmd", "")
    args = values.get(prefix + "Args", "")
    truncated = args.endswith("...")
    args = args.removesuffix("...")
    return Process(
        pid=pid,
        command=unescape(command.removesuffix("...")),
        args=tuple(unescape(word) for word in args.split(" ")) if args else (),
        truncated=truncated,
        name=unescape(values.get(prefix + "Comm", "")),
        host_pid=host_pid,
        outside=host_pid == pid,
    )


def _how(values: Group, process: Process | None) -> Found:
    """How the process was found, where the file says so; that there is none, where it is the kernel's own socket."""
    if "Found" not in values:
        return Found.SAVEFILE
    try:
        found = Found(values["Found"])
    except ValueError:
        return Found.SAVEFILE
    return found if (process is None) == (found is Found.KERNEL) else Found.SAVEFILE


def _thread(values: Group) -> Thread | None:
    tid = _number(values.get("ThreadId"))
    return Thread(tid, unescape(values.get("ThreadName", ""))) if tid else None


def _container(values: Group) -> Container | None:
    name, identity = unescape(values.get("ContainerName", "")), unescape(values.get("ContainerId", ""))
    if not name and not identity:
        return None
    return Container(
        id=identity,
        name=name,
        image=unescape(values.get("ContainerImage", "")),
        labels=_mapping(values.get("ContainerLabels")),
    )


def _pod(values: Group) -> Pod | None:
    name = unescape(values.get("PodName", ""))
    if not name:
        return None
    return Pod(
        name=name,
        namespace=unescape(values.get("PodNamespace", "")),
        uid=unescape(values.get("PodUID", "")),
        labels=_mapping(values.get("PodLabels")),
        annotations=_mapping(values.get("PodAnnotations")),
    )


def _mapping(text: str | None) -> dict[str, str]:
    """Labels from JSON; what is no object of strings is nothing."""
    if not text:
        return {}
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, str)}
