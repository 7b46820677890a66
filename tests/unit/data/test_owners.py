"""The fields of an owner, as values and as JSON."""

import json
from collections.abc import Iterator

from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.data.fields import OWNER_FIELDS
from ptcpdump.data.owners import json_of, values_of

OWNER = Context(
    process=Process(7, "/bin/a", ('"', "\u20ac", "\udcff"), truncated=True, host_pid=8, outside=True, started=1),
    thread=Thread(9, "t"), uid=0, parent=Process(6, "/bin/b", ("b",), started=10**18),
    container=Container("i", "n", "m", {"b": "1", "a": "\n"}), pod=Pod("p", "s", "u", {"k": "v"}, {"c": "d"}),
    found=Found.SOCKET, user="root")


def members(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """The names of an object's innermost members and their values, in order; labels are a value."""
    if isinstance(value, dict) and path != "container.labels":
        for name, member in value.items():
            yield from members(member, f"{path}.{name}".removeprefix("."))
    else:
        yield path, value


def test_all_fields_in_the_order_of_the_table() -> None:
    assert list(values_of(OWNER)) == [field.name for field in OWNER_FIELDS]
    others, own = json_of(OWNER)
    told = json.loads(b"{" + others[1:] + b',"ptcpdump":{' + own[:-1] + b"}}")
    assert list(members(told)) == list(values_of(OWNER).items())
    assert told["process"]["args"] == ['"', "\u20ac", "\\xff"]


def test_what_is_not_known_is_left_out() -> None:
    assert json_of(None) == (b"", b"")
    assert json_of(Context(found=Found.KERNEL)) == (b"", b"")
    assert json_of(Context(thread=Thread(9))) == (b',"process":{"thread":{"id":9}}', b"")
    assert json_of(Context(uid=3, container=Container("i"), found=Found.PEER)) == (
        b',"user":{"id":"3"},"container":{"id":"i"}', b'"found":"peer",')


def test_what_each_packet_repeats_is_bounded() -> None:
    """Of a command line 16 KiB are told, 512 words of it as a list."""
    long = "a" * 16380
    for args, told, cut in ((("a" * 16384,), ["a" * 16384], False), (("a" * 16385,), ["a" * 16384], True),
                            (("a",) * 512, ["a"] * 512, False), (("a",) * 513, ["a"] * 512, True),
                            ((long, "bcd"), [long, "bcd"], False), ((long, "bcde"), [long, "bcd"], True),
                            ((long, "bcd", ""), [long, "bcd"], True)):
        values = values_of(Context(process=Process(1, "/" + "b" * 5000, args, name="c" * 5000)))
        assert values["process.command_line"] == " ".join(args)[:16384]
        assert values["process.args"] == told
        assert values.get("ptcpdump.process.args_truncated", False) is cut
        assert (len(values["process.executable"]), len(values["process.name"])) == (4096, 4096)


def test_long_parts_that_are_gone_are_not_taken_for_others() -> None:
    """What is made of a long part once is found by its address."""
    for number in range(2000):
        args = tuple(f"{number}.{word}" for word in range(100))
        told = values_of(Context(process=Process(1, "/a", args)))
        assert told["process.args"] == list(args)
        others, _ = json_of(Context(process=Process(1, "/a", args)))
        assert json.loads(b"{" + others[1:] + b"}")["process"]["args"] == list(args)
