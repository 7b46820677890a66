"""The fields that a packet's owner has: once per owner, as Python values and as ready-made JSON."""

import datetime
import json
import re
from collections.abc import Mapping

from ptcpdump.context.model import Context, Process
from ptcpdump.data.fields import OWNER_FIELDS

Value = int | bool | str | list[str] | dict[str, str]

MAX_LABELS = 24576      # bytes of labels or annotations, as savefiles keep them (context/render.py)
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """Text that can be encoded: a byte that was no UTF-8 (PEP 383) as `\\xHH`, a lone surrogate as `\\uHHHH`."""
    return _SURROGATES.sub(_spelled, text)


def date(time: int) -> str | None:
    """A time in ns since the epoch as text, in UTC; None for 0 and what no column of times can hold."""
    if not 0 < time < 1 << 63:
        return None
    return f"{datetime.datetime.fromtimestamp(time // 10**9, datetime.UTC):%Y-%m-%dT%H:%M:%S}.{time % 10**9:09d}Z"


def nanoseconds(text: str) -> int:
    """What date() made a text of."""
    return int(datetime.datetime.fromisoformat(text[:19] + "Z").timestamp()) * 10**9 + int(text[20:29])


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def values_of(context: Context | None) -> dict[str, Value]:
    """The fields of an owner that are known, by name, in the table's order."""
    if context is None:
        return {}
    values: dict[str, Value | None] = {}
    if p := context.process:
        values |= _process("process", p)
        values["ptcpdump.process.host_pid"] = p.host_pid if p.host_pid != p.pid else None
        values["ptcpdump.process.outside"] = p.outside
        values["ptcpdump.process.args_truncated"] = p.truncated
    if t := context.thread:
        values |= {"process.thread.id": t.tid, "process.thread.name": plain(t.name)}
    if context.parent:
        values |= _process("process.parent", context.parent)
    if context.uid is not None:
        values |= {"user.id": str(context.uid), "user.name": plain(context.user)}
    if c := context.container:
        values |= {"container.id": plain(c.id), "container.name": plain(c.name), "container.image.name": plain(c.image),
                   "container.labels": _bounded(c.labels)}
    if pod := context.pod:
        values |= {
            "orchestrator.type": "kubernetes", "orchestrator.namespace": plain(pod.namespace),
            "orchestrator.resource.type": "pod", "orchestrator.resource.name": plain(pod.name),
            "orchestrator.resource.id": plain(pod.uid),
            "orchestrator.resource.label": [f"{key}:{value}" for key, value in _bounded(pod.labels).items()],
            "orchestrator.resource.annotation": [f"{key}:{value}" for key, value in _bounded(pod.annotations).items()],
        }
    if values and context.found:
        values["ptcpdump.found"] = context.found.value
    return {field.name: value for field in OWNER_FIELDS if (value := values.get(field.name))}


def _process(group: str, process: Process) -> dict[str, Value | None]:
    args = [plain(arg) for arg in process.args]
    return {f"{group}.pid": process.pid, f"{group}.name": plain(process.name),
            f"{group}.executable": plain(process.command), f"{group}.command_line": " ".join(args),
            f"{group}.args": args, f"{group}.start": date(process.started)}


def _bounded(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels in order, as many as there is room for."""
    kept: dict[str, str] = {}
    size = 0
    for key in sorted(labels):
        size += len(key.encode(errors="surrogatepass")) + len(labels[key].encode(errors="surrogatepass")) + 6
        if size > MAX_LABELS:
            break
        kept[plain(key)] = plain(labels[key])
    return kept


def json_of(context: Context | None) -> tuple[bytes, bytes]:
    """An owner's fields as JSON, to be put into the object of a packet.

    Returns the members outside of `ptcpdump`, each behind a comma, and those inside of it, each before one.
    """
    groups: dict[str, object] = {}
    for name, value in values_of(context).items():
        *path, last = name.split(".")
        group = groups
        for part in path:
            group = group.setdefault(part, {})      # type: ignore[assignment]
        group[last] = value
    own = _members(groups.pop("ptcpdump", {}))
    others = _members(groups)
    return b"," + others if others else b"", own + b"," if own else b""


def _members(group: object) -> bytes:
    return json.dumps(group, separators=(",", ":"))[1:-1].encode()      # ASCII
