"""The few organisationally unique identifiers that tcpdump names (registry: IEEE registration authority)."""

from ptcpdump.printers.base.tables cimport name_of, names

cdef Names OUIS = names({
    0x000000: b"Ethernet", 0x00000c: b"Cisco", 0x00005e: b"IANA", 0x000081: b"Nortel Networks SONMP",
    0x0000f8: b"Cisco bridged", 0x00049f: b"Freescale", 0x0004ea: b"HP-Labs", 0x001018: b"Broadcom",
    0x00120f: b"IEEE 802.3 Private", 0x0012bb: b"ANSI/TIA", 0x0015ad: b"Netronome", 0x001b21: b"DCBX",
    0x002320: b"Nicira Networks", 0x002481: b"HP", 0x0080c2: b"Ethernet bridged", 0x009069: b"Juniper",
    0x00a03e: b"ATM Forum", 0x00e004: b"PMC-Sierra", 0x00e02f: b"DOCSIS Spanning Tree", 0x080007: b"Appletalk",
    0x080009: b"Hewlett-Packard", 0x5c16c7: b"Big Switch Networks", 0x748771: b"Infoblox Inc",
    0xa42305: b"Open Networking Lab", 0xb0d2f5: b"Vello Systems", 0xd0f0db: b"Ericsson",
})


def name_of_oui(oui: int) -> str | None:
    """The organisation that tcpdump names for these 24 bits, None where it names none."""
    cdef const char *name = name_of(&OUIS, oui, NULL)
    return name.decode() if name != NULL else None
