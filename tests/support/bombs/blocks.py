"""Many of each kind of block, and of options in them."""

import itertools
import struct

from bombs.pieces import MB, Bomb, filled, of, on_one_interface
from savefiles import UDP, block, comments, interface, option, packet, pcap, section

KEY_LOG, SSH_KEYS, WIREGUARD, ZIGBEE_NETWORK, ZIGBEE_APS, OPC_UA = (
    0x544C534B, 0x5353484B, 0x57474B4C, 0x5A4E574B, 0x5A415053, 0x55414B4C)     # kinds of secrets (section 4.7)
INTERFACE_OPTIONS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 2988, 2989, 19372, 19373, 40000)
PACKET_OPTIONS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 2988, 2989, 19372, 19373, 0x8001, 0x8002, 0x8003, 40000)
STATISTICS_OPTIONS = (1, 2, 3, 4, 5, 6, 7, 8, 2988, 40000)
SECTION_OPTIONS = (1, 2, 3, 4, 2988, 40000)


def statistics(options: bytes) -> bytes:
    return block(5, struct.pack("<III", 0, 0, 0) + options)


def name_record(number: int) -> bytes:
    return struct.pack("<HHI8s", 1, 12, number, f"h{number:06}".encode() + b"\0")


def name_record6(number: int) -> bytes:
    return struct.pack("<HH12xI8s", 2, 24, number, f"h{number:06}".encode() + b"\0")


def secrets(kind: int, value: bytes) -> bytes:
    return block(10, struct.pack("<II", kind, len(value)) + value + bytes(-len(value) % 4))


def key_log_line(number: int) -> bytes:
    return b"CLIENT_RANDOM %064x %096x\n" % (number, number)


def another_interface_each(size: int) -> bytes:
    """As many interfaces as a section may have, each with a name of its own, and packets on each in turn."""
    count = min(65536, size // 100)
    return filled(size, lambda n: packet(b"", interface=n % count),
                  section() + b"".join(interface(options=option(2, b"%x" % n)) for n in range(count)))


def small_packets(magic: int, order: str) -> Bomb:
    return lambda size: pcap([], magic=magic, order=order) + struct.pack(
        order + "IIII", 1, 1, 0, 0) .ljust(24 if magic == 0xA1B2CD34 else 16, b"\0") * (size // 16)


BOMBS: dict[str, Bomb] = {
    # savefiles of libpcap
    "packets without bytes": small_packets(0xA1B2C3D4, "<"),
    "packets without bytes, nanoseconds": small_packets(0xA1B23C4D, "<"),
    "packets without bytes, other byte order": small_packets(0xA1B2C3D4, ">"),
    "packets without bytes, Kuznetzov": small_packets(0xA1B2CD34, "<"),
    "packets of a byte": lambda size: pcap([]) + (struct.pack("<IIII", 1, 1, 1, 1) + b"\0") * (size // 17),
    "a packet that is not there": lambda size: filled(
        size, lambda n: bytes(1000), pcap([]) + struct.pack("<IIII", 1, 1, 0x07FFFFF0, 0x07FFFFF0)),
    # blocks of pcapng files
    "blocks without packets": on_one_interface(lambda n: packet(b"")),
    "simple packet blocks": on_one_interface(lambda n: block(3, struct.pack("<I", 0))),
    "obsolete packet blocks": on_one_interface(lambda n: block(2, struct.pack("<HHIIII", 0, n & 0xFFFF, 0, n, 0, 0))),
    "packets in the other byte order": lambda size: filled(
        size, lambda n: packet(b"", order=">", options=comments(f"{n}:", order=">")),
        section(">") + interface(">")),
    "equal interfaces": of(lambda n: interface()),
    "interfaces": of(lambda n: interface(options=option(2, b"%d" % n))),
    "interfaces that have packets": another_interface_each,
    "interfaces in turn with sections": of(
        lambda n: section() * (n % 60000 == 59999) + interface(options=option(2, b"%x" % n)) + packet(
            b"", interface=n % 60000)),
    "interfaces of other link types": of(lambda n: interface(linktype=n & 0x7FFF, snaplen=n)),
    "sections": of(lambda n: section() + interface() + packet()),
    "sections with interfaces of their own": of(
        lambda n: section() + interface(options=option(2, b"e%d" % n)) + packet()),
    "sections with statistics": of(lambda n: section() + interface() + statistics(option(4, n.to_bytes(8, "little")))),
    "sections with long options": of(lambda n: section(options=option(2, bytes(60000)) * 16)),
    "sections without anything": of(lambda n: section()),
    "statistics": on_one_interface(lambda n: statistics(option(4, n.to_bytes(8, "little")))),
    "name records": on_one_interface(lambda n: block(4, name_record(n) + bytes(4))),
    "name records of IPv6": on_one_interface(lambda n: block(4, name_record6(n) + bytes(4))),
    "name records of one block": on_one_interface(
        lambda n: block(4, b"".join(name_record(n * 5000 + i) for i in range(5000)) + bytes(4))),
    "empty name records": on_one_interface(lambda n: block(4, struct.pack("<HH", 5, 0) * 5000 + bytes(4))),
    "names of one address": on_one_interface(
        lambda n: block(4, struct.pack("<HHI", 1, 30000, 1) + b"a\0" * 14998 + bytes(4))),
    "large secrets": on_one_interface(lambda n: secrets(KEY_LOG, bytes(MB))),
    "key log lines": on_one_interface(lambda n: secrets(KEY_LOG, b"".join(
        key_log_line(5000 * n + i) for i in range(5000)))),
    "short lines of key logs": on_one_interface(lambda n: secrets(KEY_LOG, b"\n" * MB)),
    "lines of key logs that are none": on_one_interface(lambda n: secrets(KEY_LOG, b"AAAA " * 200000)),
    "unknown blocks": on_one_interface(lambda n: block(0xBAD0, b"")),
    "custom blocks": on_one_interface(lambda n: block(0xBAD, struct.pack("<I", n))),
    "custom blocks that are not to be copied": on_one_interface(lambda n: block(0x40000BAD, struct.pack("<I", n))),
    "journal entries": on_one_interface(lambda n: block(9, b"A=%08d\n" % n + b"\0")),
    "system events": on_one_interface(lambda n: block(0x204, struct.pack("<IIIHHI", n, 0, 0, 0, 0, 0))),
    "a length that is not there": lambda size: filled(
        size, lambda n: bytes(1000), section() + interface() + struct.pack("<II", 6, 0x07FFFFF0)),
    "a length that can't be": lambda size: filled(
        size, lambda n: bytes(1000), section() + interface() + struct.pack("<II", 6, 0xFFFFFFF0)),
    "comments of interfaces": of(lambda n: interface(
        options=option(1, b"ifIndex: %d, netNsInode: 1, netNsPath: /x" % (n + 1)) * 300)),
    "comments of one interface each": of(lambda n: section() * (n % 60000 == 59999) + interface(
        options=option(1, b"ifIndex: %d, netNsInode: 1, netNsPath: /x" % (n + 1)))),
    "large options of interfaces": of(
        lambda n: interface(options=option(2, b"%d" % n) + option(12, bytes(60000)) * 16)),
    "filters of interfaces": of(
        lambda n: interface(options=option(11, b"\1" + struct.pack("<HBBI", 6, 0, 0, n) * 4000))),
    **{f"secrets of kind {kind:#x}": on_one_interface(lambda n, kind=kind: secrets(kind, b"%4d" % (n % 10000)))
       for kind in (KEY_LOG, SSH_KEYS, WIREGUARD, ZIGBEE_NETWORK, ZIGBEE_APS, OPC_UA, 1)},
    **{f"option {code} of sections": of(lambda n, code=code: section(options=option(code, b"") * 10000))
       for code in SECTION_OPTIONS},
    **{f"option {code} of interfaces, {size} bytes": of(
        lambda n, code=code, size=size: interface(options=option(code, bytes(size)) * 10000))
       for code, size in itertools.product(INTERFACE_OPTIONS, (0, 8))},
    **{f"option {code} of each interface": of(lambda n, code=code: section() * (n % 60000 == 59999) + interface(
        options=option(code, n.to_bytes(8, "little")))) for code in INTERFACE_OPTIONS if code != 9},
    **{f"option {code} of statistics": on_one_interface(
        lambda n, code=code: statistics(option(code, bytes(8)) * 5000)) for code in STATISTICS_OPTIONS},
    **{f"option {code} of packets, {size} bytes": on_one_interface(
        lambda n, code=code, size=size: packet(b"", options=option(code, bytes(size)) * 10000))
       for code, size in itertools.product(PACKET_OPTIONS, (0, 8))},
    **{f"option {code} of each packet": on_one_interface(
        lambda n, code=code: packet(b"", options=option(code, n.to_bytes(8, "little")))) for code in PACKET_OPTIONS},
    "packets of a byte in blocks": on_one_interface(lambda n: packet(UDP[:1])),
}
