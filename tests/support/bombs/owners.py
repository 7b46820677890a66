"""Another owner with each packet: in its comments, in process blocks, in Apple's."""

import struct
from collections.abc import Iterable

from bombs.pieces import Bomb, filled, of, on_one_interface
from savefiles import UDP, block, comments, interface, option, packet, process_block, section

from ptcpdump.context.model import Process

APPLE_PROCESS = 0x80000001


def told(*texts: str) -> bytes:
    return packet(b"", options=comments(*texts))


def said_in_blocks(number: int) -> bytes:
    process = Process(number + 1, f"/bin/a{number}", ("a", f"{number}"), name=f"a{number}", started=1 << 60)
    return process_block(process, parent=number, uid=number, user="root") + packet(b"", options=pid(number + 1))


def pid(number: int, tid: int = 0) -> bytes:
    return option(8, struct.pack("<II", number, tid))


def entry(number: int, options: bytes = b"", comments: bytes = b"") -> bytes:
    """A process block of Wireshark's kind."""
    body = struct.pack("<I", number) + options
    return block(0xBAD, struct.pack("<III", 32622, 3, len(body)) + body + comments)


def small_entries(number: int) -> bytes:
    return entry(number + 1)


def small_entries_and_packets(number: int) -> bytes:
    return entry(number + 1) + packet(b"", options=pid(number + 1))


def apple(number: int, options: bytes = b"") -> bytes:
    """As many as are known of a section, and a section more."""
    return (section() + interface()) * (number % 65536 == 0) + block(
        APPLE_PROCESS, struct.pack("<I", number + 1) + options)


def apple_packet(number: int) -> bytes:
    return apple(number) + packet(b"", options=option(0x8001, struct.pack("<I", number % 65536)))


def described(options: bytes, *texts: str) -> bytes:
    """A section with process 1."""
    return section() + interface() + entry(1, options, bytes(4 * bool(texts)) + comments(*texts))


def threads(processes: bytes) -> Bomb:
    """Each with a packet."""
    return lambda size: filled(size, lambda n: packet(UDP, options=pid(1, n + 1)), processes)


def children(processes: bytes) -> Bomb:
    """Likewise, of process 1."""
    return lambda size: filled(
        size, lambda n: entry(n + 2, option(5, struct.pack("<I", 1))) + packet(UDP, options=pid(n + 2)), processes)


def of_many(options: Iterable[bytes], piece) -> Bomb:
    """Packets behind the blocks of many processes."""
    return lambda size: filled(size, piece, section() + interface() + b"".join(
        entry(number, options=value) for number, value in enumerate(options, 1)))


KEYS = {
    "processes": "PID: {0}",
    "commands": "PID: 1\nCmd: /bin/a{0}",
    "commands without a process": "Cmd: {0}",
    "short names": "PID: 1\nComm: {0}",
    "arguments": "PID: 1\nArgs: a {0}",
    "ways of finding": "PID: {0}\nFound: flow",
    "pids of the host": "PID: 1\nHostPID: {0}",
    "threads": "ThreadId: {0}",
    "names of threads": "ThreadId: 1\nThreadName: {0}",
    "users": "UserId: {0}",
    "parents": "ParentPID: {0}",
    "pids of parents on the host": "ParentPID: 1\nParentHostPID: {0}",
    "commands of parents": "ParentPID: 1\nParentCmd: {0}",
    "names of parents": "ParentPID: 1\nParentComm: {0}",
    "arguments of parents": "ParentPID: 1\nParentArgs: a {0}",
    "names of containers": "ContainerName: {0}",
    "ids of containers": "ContainerName: a\nContainerId: {0}",
    "images": "ContainerName: a\nContainerImage: {0}",
    "labels": 'ContainerName: a\nContainerLabels: {{"a":"{0}"}}',
    "names of pods": "PodName: {0}",
    "namespaces of pods": "PodName: a\nPodNamespace: {0}",
    "ids of pods": "PodName: a\nPodUID: {0}",
    "labels of pods": 'PodName: a\nPodLabels: {{"a":"{0}"}}',
    "annotations of pods": 'PodName: a\nPodAnnotations: {{"a":"{0}"}}',
    "comments of others": "{0}",
    "comments of others with colons": "a{0}: b",
    "keys alone": "UserId:{0}a",
    "comments of the old tool": "PID: {0}\nCommand: a{0}\nArgs: a",
    "kernel sockets": "PID: 0\nFound: kernel\nUserId: {0}",
}

LONG = {
    "all that is known": (
        "PID: {0}\nCmd: /usr/bin/a{0}\nArgs: a {0}", "ThreadId: {0}\nThreadName: t{0}", "UserId: {0}",
        "ParentPID: {0}\nParentCmd: /bin/b\nParentArgs: b", "ContainerName: c\nContainerId: {0}\nContainerImage: i\n"
        "ContainerLabels: {{}}", "PodName: p\nPodNamespace: n\nPodUID: {0}\nPodLabels: {{}}\nPodAnnotations: {{}}"),
    "a process in a comment each": ("PID: {0}\nCmd: /bin/a{0}\nArgs: a {0}", "UserId: {0}"),
    "another process in each of a packet's comments": tuple(f"PID: {{0}}{i}" for i in range(1000)),
    "lines in arguments": ("PID: {0}\nCmd: a\nArgs: a" + "\n" * 60000 + "b",),
    "words in arguments": ("PID: {0}\nCmd: a\nArgs: " + "a " * 30000,),
    "groups in arguments": ("PID: {0}\nCmd: a\nArgs: a" + "\nUserId: 1" * 6000,),
    "keys in a comment": ("PID: {0}\n" + "Cmd: a\n" * 9000,),
    "colons": (":" * 60000 + "{0}",),
    "blanks": (" " * 60000 + "{0}",),
    "characters to be escaped": ("PID: {0}\nCmd: \x1b\nArgs: " + "\x1b\u202e\\x1b" * 7000,),
    "many labels": ('PodName: {0}\nPodLabels: {{' + ",".join(f'"{i}":""' for i in range(6000)) + "}}",),
    "nested labels": ("PodName: {0}\nPodLabels: " + "[" * 60000,),
    "numbers as labels": ("PodName: {0}\nPodLabels: {{{{\"a\":" + "9" * 60000 + "}}}}",),
}

BOMBS: dict[str, Bomb] = {
    **{f"{name}, smallest packets": on_one_interface(lambda n, text=text: told(text.format(n + 1)))
       for name, text in KEYS.items()},
    **{f"owners: {name}": on_one_interface(lambda n, texts=texts: told(*(text.format(n + 1) for text in texts)))
       for name, texts in LONG.items()},
    "no text in comments": on_one_interface(lambda n: packet(n.to_bytes(4, "little"), options=option(1, b"") * 16000)),
    "short comments": on_one_interface(lambda n: packet(b"", options=option(1, b"%d:" % n) * 3000)),
    "comments that look like ours": on_one_interface(lambda n: packet(b"", options=option(1, b"PID: %d" % n) * 3000)),
    "owners in the other byte order": lambda size: filled(
        size, lambda n: packet(b"", order=">", options=comments(f"PID: {n + 1}", order=">")),
        section(">") + interface(">")),
    "process blocks in full": on_one_interface(said_in_blocks),
    "process blocks": on_one_interface(small_entries),
    "process blocks of one process": on_one_interface(lambda n: entry(1)),
    "process blocks with packets": on_one_interface(small_entries_and_packets),
    "process blocks with many options": on_one_interface(lambda n: entry(n + 1, option(100, b"") * 10000)),
    "process blocks with names": on_one_interface(lambda n: entry(n + 1, option(2, b"%d" % n))),
    "process blocks with users": on_one_interface(lambda n: entry(n + 1, option(6, struct.pack("<I", n)))),
    "process blocks with many arguments": on_one_interface(lambda n: entry(n + 1, option(4, b"a\0" * 30000)) + packet(
        b"", options=pid(n + 1))),
    "process blocks with comments": on_one_interface(lambda n: entry(
        n + 1, bytes(4), comments(f"PID: {n + 1}\nHostPID: {n}"))),
    "process blocks with threads": on_one_interface(lambda n: entry(
        1, bytes(4), comments(f"ThreadId: {n + 1}\nThreadName: a"))),
    "process blocks with parents": on_one_interface(
        lambda n: entry(n + 1, option(5, struct.pack("<I", n))) + packet(b"", options=pid(n + 1))),
    "process blocks that are no entry": on_one_interface(
        lambda n: block(0xBAD, struct.pack("<III", 32622, 3, 0))),
    "threads of a process": of_many([b""], lambda n: packet(b"", options=pid(1, n + 1))),
    "threads of a process with many arguments": threads(described(option(4, b"a\0" * 30000))),
    "threads of a process with a long argument": threads(described(option(4, b"a" * 60000))),
    "threads of a process with characters to be escaped": threads(described(option(4, b"\x1b\xff\n" * 20000))),
    "threads of a process with long names": threads(described(b"".join(option(n, b"a" * 60000) for n in (2, 3, 7)))),
    "threads of a process with options of others": threads(described(option(100, bytes(60000)) * 60)),
    "threads in a container with a long label": threads(described(
        option(2, b"a"), 'ContainerName: c\nContainerLabels: {"a":"' + "a" * 60000 + '"}')),
    "threads in a container with many labels": threads(described(
        option(2, b"a"), "ContainerName: c\nContainerLabels: {" + ",".join(f'"{n}":""' for n in range(6000)) + "}")),
    "threads in a pod with annotations": threads(described(
        option(2, b"a"), "PodName: c\nPodAnnotations: {" + ",".join(f'"{n}":""' for n in range(6000)) + "}")),
    "children of a process with many arguments": children(described(option(4, b"a\0" * 30000))),
    "children of a process with a long argument": children(described(option(4, b"a" * 60000))),
    "users of a process with many arguments": of_many([option(4, b"a\0" * 30000)], lambda n: packet(
        UDP, options=pid(1) + comments(f"UserId: {n}"))),
    "threads of processes with many arguments": of_many(
        [option(4, b"a\0" * 8000) for _ in range(60)], lambda n: packet(UDP, options=pid(n % 60 + 1, n))),
    "processes in turn": of_many([b""] * 50000, lambda n: packet(b"", options=pid(n % 50000 + 1))),
    "many owners of a packet": of_many(
        [b""] * 1000, lambda n: packet(b"", options=b"".join(pid((n + i) % 1000 + 1, n + i) for i in range(9)))),
    "more owners of a packet than are kept": of_many([b""] * 1000, lambda n: packet(
        b"", options=b"".join(pid((n + i) % 1000 + 1, i) for i in range(2000)))),
    "owners that are not known": on_one_interface(lambda n: packet(b"", options=pid(n + 1, n + 1))),
    "comments beside process blocks": of_many([option(2, b"a")], lambda n: packet(
        b"", options=pid(1) + comments(f"UserId: {n}"))),
    "Apple's process blocks": of(apple),
    "Apple's process blocks with names": of(lambda n: apple(n, option(2, b"%d" % n))),
    "Apple's process blocks with packets": of(apple_packet),
    "Apple's process blocks with many options": of(lambda n: apple(n, option(100, b"") * 10000)),
}
