"""Name resolution blocks (draft-ietf-opsawg-pcapng, section 4.5): names of addresses, as records."""

import struct
from collections.abc import Iterable, Mapping

from ptcpdump.lazy import lazy_modules

with lazy_modules:
    from ptcpdump.dissect import dns_message

_IPV4, _IPV6 = 1, 2         # nrb_record_ipv4, nrb_record_ipv6
_MOST = 4096                # addresses in a block
_NAMES = 8                  # of one address
_RESERVED = 1 << 24         # IPv4 addresses below are no host's: blocklists answer with 0.0.0.0


def records(messages: Iterable[bytes], looked_up: Mapping[bytes, bytes]) -> bytes:
    """The body of a block, with the end of its records; empty where no name is known.

    messages: answers of name servers (RFC 1035). An address gets the name of its record, and the one that was asked
    for where an alias (CNAME) led there. looked_up: names by address (4 or 16 bytes), which come first.
    """
    names: dict[bytes, dict[bytes, None]] = {address: {name: None} for address, name in looked_up.items() if name}
    for message in messages:
        told = dns_message.read_message(message)
        for record in told.answers if told else ():
            if record.address is None or len(names) >= _MOST:
                continue
            here = names.setdefault(record.address.packed, {})
            for name in (record.name, told.name if told else None):      # Wireshark shows the last one
                if name and name != "." and len(here) < _NAMES:
                    here[name.encode("ascii", "replace")] = None
    made = b"".join(_record(address, list(found)) for address, found in names.items() if found)
    return made + bytes(4) if made else b""


def _record(address: bytes, names: list[bytes]) -> bytes:
    if len(address) == 4 and int.from_bytes(address) < _RESERVED:
        return b""
    value = address + b"".join(name + b"\0" for name in names)
    return struct.pack("=HH", _IPV4 if len(address) == 4 else _IPV6, len(value)) + value + bytes(-len(value) % 4)
