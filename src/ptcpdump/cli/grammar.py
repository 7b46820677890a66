"""From words to flags, words of the expression, and the words behind "--".

The grammar is getopt_long(3)'s: short flags in clusters, values joined or as the next word, long flags with "=" or cut
short as long as that is unambiguous, flags and other words in any order.
"""

from collections.abc import Iterator, Sequence

from ptcpdump.cli import hints
from ptcpdump.cli.flags import FLAGS, Flag
from ptcpdump.errors import UsageError
from ptcpdump.lazy import lazy_modules
from ptcpdump.records import dataclass, field

with lazy_modules:
    import difflib

HELP = "ptcpdump -h lists all flags"


@dataclass(slots=True)
class Parsed:
    """A command line: values by field name, the other words, and those behind the first "--" (None: there is none)."""

    values: dict[str, object] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    rest: list[str] | None = None


def parse(argv: Sequence[str]) -> Parsed:
    """Parse the words behind the program's name. Raises UsageError naming flag, value and cause."""
    parsed = Parsed()
    arguments = iter(argv)
    for word in arguments:
        if word == "--":
            parsed.rest = list(arguments)
        elif word.startswith("--"):
            _long(parsed, word, arguments)
        elif word.startswith("-") and word != "-":
            _cluster(parsed, word, arguments)
        else:
            parsed.words.append(word)
    return parsed


def _index() -> dict[str, Flag]:
    return {name: flag for flag in FLAGS for name in flag.names}


NAMES = _index()


def _long(parsed: Parsed, word: str, arguments: Iterator[str]) -> None:
    name, equals, value = word.partition("=")
    name, flag = _find_long(name)
    if flag.takes_value:
        _apply(parsed, flag, name, value if equals else _next(name, flag, arguments))
    elif equals:
        if flag.kind != "count" or not value.isdigit():
            raise UsageError(f"{word}: {name} takes no value")
        parsed.values[flag.field] = int(value)
    else:
        _apply(parsed, flag, name, None)


def _cluster(parsed: Parsed, word: str, arguments: Iterator[str]) -> None:
    at = 1
    while at < len(word):
        name = "-" + word[at]
        flag = NAMES.get(name)
        if flag is None:
            raise UsageError(_unknown(name, word))
        at += 1
        if flag.takes_value:
            joined = word[at:].removeprefix("=")  # "-i=eth0" as pflag users write it
            _apply(parsed, flag, name, joined or _next(name, flag, arguments))
            return
        _apply(parsed, flag, name, None)


def _find_long(name: str) -> tuple[str, Flag]:
    if name in NAMES:
        return name, NAMES[name]
    found = sorted(known for known in NAMES if known.startswith(name) and not NAMES[known].hidden)
    if not found or hints.meant(name):
        raise UsageError(_unknown(name, name))
    if len({id(NAMES[known]) for known in found}) > 1:
        raise UsageError(f"{name} is ambiguous: it may be " + ", ".join(found))
    return found[0], NAMES[found[0]]


def _next(name: str, flag: Flag, arguments: Iterator[str]) -> str:
    value = next(arguments, None)
    if value is None:
        raise UsageError(f"{name} needs a value: {name} {flag.value}")
    return value


def _apply(parsed: Parsed, flag: Flag, name: str, text: str | None) -> None:
    if flag.refused:
        raise UsageError(f"{name} can't be used: {flag.refused}")
    values = parsed.values
    if flag.kind == "switch":
        values[flag.field] = flag.const
    elif flag.kind == "count":
        count = values.get(flag.field, 0)
        assert isinstance(count, int)  # only counts are stored under a count's field
        values[flag.field] = count + 1
    elif flag.kind == "value":
        assert text is not None  # the grammar took a value
        values[flag.field] = _converted(flag, name, text)
    else:
        assert text is not None  # the grammar took a value
        old = values.get(flag.field, ())
        assert isinstance(old, tuple)  # only lists are stored under a list's field
        try:
            parts = flag.split(text)
        except ValueError as error:
            raise UsageError(f"{name} {text!r}: {error}") from None
        new = tuple(_converted(flag, name, part) for part in parts)
        if not new:
            raise UsageError(f"{name} {text!r}: it must not be empty")
        values[flag.field] = tuple(dict.fromkeys(old + new))


def _converted(flag: Flag, name: str, text: str) -> object:
    try:
        return flag.convert(text)
    except ValueError as error:
        raise UsageError(f"{name} {text or repr(text)}: {error}") from None


def _unknown(name: str, word: str) -> str:
    where = f" in {word}" if word != name else ""
    near = _near(name)
    return f"unknown flag {name}{where}" + (f"; did you mean {near}?" if near else "") + f" ({HELP})"


def _near(name: str) -> str:
    if flag := hints.meant(name):
        return flag
    if not name.startswith("--"):
        swapped = name.swapcase()
        return swapped if swapped in NAMES and not NAMES[swapped].hidden else ""
    known = [other for other in NAMES if other.startswith("--") and not NAMES[other].hidden]
    return next(iter(difflib.get_close_matches(name, known, 1, 0.7)), "")
