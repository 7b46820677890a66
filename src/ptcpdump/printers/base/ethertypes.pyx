"""Names of EtherTypes, shared by all link layers and by ARP."""


cdef const char *ethertype_name(uint32_t type) noexcept nogil:
    if type == 0x0800:
        return b"IPv4"
    elif type == 0x86dd:
        return b"IPv6"
    elif type == 0x0806:
        return b"ARP"
    elif type == 0x8035:
        return b"Reverse ARP"
    elif type == 0x8847:
        return b"MPLS unicast"
    elif type == 0x8848:
        return b"MPLS multicast"
    elif type == 0x8100:
        return b"802.1Q"
    elif type == 0x9100:
        return b"802.1Q-9100"
    elif type == 0x88a8:
        return b"802.1Q-QinQ"
    elif type == 0x9200:
        return b"802.1Q-9200"
    elif type == 0x88e5:
        return b"802.1AE MACsec"
    elif type == 0x00fe:
        return b"GRE-OSI"
    elif type == 0x0200:
        return b"PUP"
    elif type == 0x0500:
        return b"Sprite"
    elif type == 0x0600:
        return b"NS"
    elif type == 0x0707:
        return b"GeoNet (old)"
    elif type == 0x1000:
        return b"Trail"
    elif type == 0x1111:
        return b"CALM FAST"
    elif type == 0x6001:
        return b"MOP DL"
    elif type == 0x6002:
        return b"MOP RC"
    elif type == 0x6003:
        return b"DN"
    elif type == 0x6004:
        return b"LAT"
    elif type == 0x6007:
        return b"SCA"
    elif type == 0x6558:
        return b"TEB"
    elif type == 0x8038:
        return b"Lanbridge"
    elif type == 0x803c:
        return b"DEC DNS"
    elif type == 0x803e:
        return b"DEC DTS"
    elif type == 0x805b:
        return b"VEXP"
    elif type == 0x805c:
        return b"VPROD"
    elif type == 0x809b:
        return b"Appletalk"
    elif type == 0x80f3:
        return b"Appletalk ARP"
    elif type == 0x8137:
        return b"IPX"
    elif type == 0x8808:
        return b"MPCP"
    elif type == 0x8809:
        return b"Slow Protocols"
    elif type == 0x880b:
        return b"PPP"
    elif type == 0x8863:
        return b"PPPoE D"
    elif type == 0x8864:
        return b"PPPoE S"
    elif type == 0x886f:
        return b"MS NLB heartbeat"
    elif type == 0x8870:
        return b"Jumbo"
    elif type == 0x888e:
        return b"EAPOL"
    elif type == 0x8899:
        return b"Realtek protocols"
    elif type == 0x88a2:
        return b"AoE"
    elif type == 0x88ca:
        return b"TIPC"
    elif type == 0x88cc:
        return b"LLDP"
    elif type == 0x88f7:
        return b"PTP"
    elif type == 0x8902:
        return b"CFM"
    elif type == 0x893a:
        return b"IEEE1905.1"
    elif type == 0x8947:
        return b"GeoNet"
    elif type == 0x894f:
        return b"NSH"
    elif type == 0x9000:
        return b"Loopback"
    elif type == 0xabcd:
        return b"CFM (old)"
    elif type == 0xd28b:
        return b"Arista Vendor Specific Protocol"
    elif type == 0xfefe:
        return b"OSI"
    return NULL
