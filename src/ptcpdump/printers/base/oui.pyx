"""The few organisationally unique identifiers that tcpdump names (registry: IEEE registration authority)."""


cdef const char *oui_name(uint32_t oui) noexcept nogil:
    if oui == 0x000000:
        return b"Ethernet"
    elif oui == 0x00000c:
        return b"Cisco"
    elif oui == 0x00005e:
        return b"IANA"
    elif oui == 0x000081:
        return b"Nortel Networks SONMP"
    elif oui == 0x0000f8:
        return b"Cisco bridged"
    elif oui == 0x00049f:
        return b"Freescale"
    elif oui == 0x0004ea:
        return b"HP-Labs"
    elif oui == 0x001018:
        return b"Broadcom"
    elif oui == 0x00120f:
        return b"IEEE 802.3 Private"
    elif oui == 0x0012bb:
        return b"ANSI/TIA"
    elif oui == 0x0015ad:
        return b"Netronome"
    elif oui == 0x001b21:
        return b"DCBX"
    elif oui == 0x002320:
        return b"Nicira Networks"
    elif oui == 0x002481:
        return b"HP"
    elif oui == 0x0080c2:
        return b"Ethernet bridged"
    elif oui == 0x009069:
        return b"Juniper"
    elif oui == 0x00a03e:
        return b"ATM Forum"
    elif oui == 0x00e004:
        return b"PMC-Sierra"
    elif oui == 0x00e02f:
        return b"DOCSIS Spanning Tree"
    elif oui == 0x080007:
        return b"Appletalk"
    elif oui == 0x080009:
        return b"Hewlett-Packard"
    elif oui == 0x5c16c7:
        return b"Big Switch Networks"
    elif oui == 0x748771:
        return b"Infoblox Inc"
    elif oui == 0xa42305:
        return b"Open Networking Lab"
    elif oui == 0xb0d2f5:
        return b"Vello Systems"
    elif oui == 0xd0f0db:
        return b"Ericsson"
    return NULL


def name_of_oui(oui: int) -> str | None:
    """The organisation that tcpdump names for these 24 bits, None where it names none."""
    cdef const char *name = oui_name(oui)
    return name.decode() if name != NULL else None
