"""Reading what daemons answer in JSON: every value is checked before it is used."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.source import RuntimeFailure

T = TypeVar("T")

NAME, IMAGE = 1024, 4096        # characters that are kept of a name, and of the name of an image
_ID_LENGTH = 64
_MOST_PID = 1 << 22             # PID_MAX_LIMIT of the kernel


class Malformed(RuntimeFailure):
    """An answer, or a part of it, is not what the API promises; the text names the field."""


def sound(parse: Callable[[Mapping[str, Any]], T], found: Iterable[Any]) -> tuple[list[T], str]:
    """What is made of those items that can be understood, and what is wrong with the others ("" when nothing is)."""
    made: list[T] = []
    wrong = ""
    for item in found:
        try:
            made.append(parse(mapping(item, "an element")))
        except Malformed as error:
            wrong = wrong or f"it lists what makes no sense: {error}"
    return made, wrong


def created(value: Any, make: Callable[[str, dict[str, str]], Entry]) -> Entry | None:
    """A container from an event of Docker or Podman that tells of its making; None for any other event.

    make(id, attributes): attributes are the container's labels and, among them, what the runtime tells beside these.
    """
    try:
        about = mapping(value, "an event")
        if text(about, "Action") == "create":
            actor = mapping(about.get("Actor"), "Actor")
            return make(identifier(actor, "ID"), labels(actor, "Attributes"))
    except Malformed:
        pass        # something has happened nevertheless: the next list tells
    return None


def actor(value: Any) -> str:
    """The id of the container that an event is about, as far as it can be understood."""
    about = value.get("Actor") if isinstance(value, dict) else None
    found = about.get("ID") if isinstance(about, dict) else None
    return found if isinstance(found, str) else ""


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """A JSON object. Raises Malformed."""
    if not isinstance(value, dict):
        raise Malformed(f"{what} is no object")
    return value


def items(value: Any, what: str) -> list[Any]:
    """A JSON array; null, as Go writes an empty one, is one without elements. Raises Malformed."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"{what} is no array")
    return value


def text(item: Mapping[str, Any], field: str, limit: int = NAME) -> str:
    """A string of an object, cut to a length; "" where it is absent. Raises Malformed."""
    value = item.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{field} is no string")
    return value[:limit]


def image(item: Mapping[str, Any]) -> str:
    """The name of an image. Raises Malformed."""
    return text(item, "Image", IMAGE)


def identifier(item: Mapping[str, Any], field: str) -> str:
    """An id of Docker or Podman: 64 hexadecimal digits. Raises Malformed."""
    value = text(item, field)
    if not is_id(value):
        raise Malformed(f"{field} is not an id of {_ID_LENGTH} hexadecimal digits")
    return value


def is_id(value: str) -> bool:
    """Whether it is 64 hexadecimal digits."""
    return len(value) == _ID_LENGTH and not value.strip("0123456789abcdef")


def labels(item: Mapping[str, Any], field: str) -> dict[str, str]:
    """An object of strings; empty where it is absent. Raises Malformed."""
    value = item.get(field)
    if value is None:
        return {}
    found = mapping(value, field)
    if not all(isinstance(each, str) for each in found.values()):
        raise Malformed(f"{field} holds what is no string")
    return dict(found)


def flag(item: Mapping[str, Any], field: str) -> bool:
    """A truth value; false where it is absent. Raises Malformed."""
    value = item.get(field, False)
    if not isinstance(value, bool):
        raise Malformed(f"{field} is neither true nor false")
    return value


def process(item: Mapping[str, Any], field: str) -> int:
    """The id of a process; 0 where there is none. Raises Malformed."""
    value = item.get(field, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_PID:
        raise Malformed(f"{field} is no process id")
    return value


def names(item: Mapping[str, Any], field: str) -> Iterator[str]:
    """Strings of an array. Raises Malformed."""
    for value in items(item.get(field), field):
        if not isinstance(value, str):
            raise Malformed(f"{field} holds what is no string")
        yield value[:NAME]
