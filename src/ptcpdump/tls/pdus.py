"""Plaintext as Wireshark reads it: packets of the link type WIRESHARK_UPPER_PDU (its file epan/exported_pdu.h)."""

import struct

LINKTYPE = 252
_END, _DISSECTOR, _PORT_TYPE, _SOURCE_PORT, _DESTINATION_PORT = 0, 12, 24, 25, 26      # tags
_ADDRESSES = {4: (20, 21), 6: (22, 23)}     # of the source and of the destination, by version of IP
_PORT_TYPES = {6: 2, 17: 3}                 # by protocol of IP
LINKTYPE_RAW = 101
_VERSION_4, _VERSION_6 = 0x45, 0x60
_HEADERS = {6: struct.Struct("!HHIIBBHHH"), 17: struct.Struct("!HHHH")}
_LARGEST = 200_000                          # bytes of one packet: readers take at most 262144


def exported(flow: bytes, protocol: str, plain: bytes) -> list[bytes]:
    """Plaintext as packets. flow: Fields.flow of who has sent it; protocol: http, http2, "" for data."""
    version = flow[36]
    size = 4 if version == 4 else 16
    ports = struct.unpack("=HH", flow[32:36])
    head = b"".join((
        _tag(_DISSECTOR, (protocol or "data").encode()),
        _tag(_ADDRESSES[version][0], flow[:size]), _tag(_ADDRESSES[version][1], flow[16:16 + size]),
        _tag(_PORT_TYPE, struct.pack(">I", _PORT_TYPES[flow[37]])), _tag(_SOURCE_PORT, struct.pack(">I", ports[0])),
        _tag(_DESTINATION_PORT, struct.pack(">I", ports[1])), _tag(_END, b"")))
    return [head + plain[at:at + _LARGEST] for at in range(0, len(plain), _LARGEST)]


def _tag(kind: int, value: bytes) -> bytes:
    value += bytes(-len(value) % 4)
    return struct.pack(">HH", kind, len(value)) + value


def bare(flow: bytes) -> bytes:
    """The headers of IP and of TCP or UDP, and nothing else, of whoever sends in this flow."""
    version, protocol = flow[36], flow[37]
    ports = struct.unpack("=HH", flow[32:36])
    form = _HEADERS[protocol]
    transport = form.pack(*ports, 0, 0, 5 << 4, 0, 0, 0, 0) if protocol == 6 else form.pack(*ports, form.size, 0)
    if version == 4:
        return struct.pack("!BBHHHBBH4s4s", _VERSION_4, 0, 20 + len(transport), 0, 0, 0, protocol, 0, flow[:4],
                           flow[16:20]) + transport
    return struct.pack("!BxxxHBB", _VERSION_6, len(transport), protocol, 0) + flow[:32] + transport
