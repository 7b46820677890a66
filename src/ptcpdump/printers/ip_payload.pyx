"""Protocol numbers of IP (IANA "Assigned Internet Protocol Numbers"): their names, and who prints what they stand for."""

from ptcpdump.printers.core cimport *

# Keywords of the registry as a services file gives them, by number; "" where there is none.
KEYWORDS = (
    "hopopt icmp igmp ggp ipencap st2 tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet chaos udp mux dcn-meas hmp "
    "prm xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 netblt mfe-nsp merit-inp dccp 3pc idpr xtp ddp idpr-cmtp "
    "tp++ il ipv6 sdrp ipv6-route ipv6-frag idrp rsvp gre dsr bna esp ah i-nlsp swipe narp mobile tlsp skip ipv6-icmp "
    "ipv6-nonxt ipv6-opts - cftp - sat-expak kryptolan rvd ippc - sat-mon visa ipcv cpnx rspf wsn pvp br-sat-mon sun-nd "
    "wb-mon wb-expak iso-ip vmtp secure-vmtp vines ttp nsfnet-igp dgp tcf eigrp ospf sprite-rpc larp mtp ax.25 ipip micp "
    "scc-sp etherip encap - gmtp ifmp pnni pim aris scps qnx a/n ipcomp snp compaq-peer ipx-in-ip vrrp pgm - l2tp ddx "
    "iatp stp srp uti smp sm ptp isis fire crtp crudp sscopmce iplt sps pipe sctp fc rsvp-e2e-ignore mobility-header "
    "udplite mpls-in-ip manet hip shim6 wesp rohc"
).split()
cdef char keywords[256][16]


cdef void fill_keywords() noexcept:
    cdef bytes text
    cdef int i
    for number, name in [*enumerate(KEYWORDS), (253, "exptest-253"), (254, "exptest-254")]:
        if name != "-":
            text = name.encode()
            i = number
            memcpy(keywords[i], <const char *>text, len(text))


fill_keywords()


cdef const char *ip_protocol_name(uint8_t protocol) noexcept nogil:
    if protocol == 6:
        return b"TCP"
    elif protocol == 17:
        return b"UDP"
    elif protocol == 0:
        return b"HBH"
    elif protocol == 1:
        return b"ICMP"
    elif protocol == 2:
        return b"IGMP"
    elif protocol == 4:
        return b"IPIP"
    elif protocol == 8:
        return b"EGP"
    elif protocol == 9:
        return b"IGRP"
    elif protocol == 33:
        return b"DCCP"
    elif protocol == 41:
        return b"IPv6"
    elif protocol == 43:
        return b"Routing"
    elif protocol == 44:
        return b"Fragment"
    elif protocol == 46:
        return b"RSVP"
    elif protocol == 47:
        return b"GRE"
    elif protocol == 50:
        return b"ESP"
    elif protocol == 51:
        return b"AH"
    elif protocol == 54:
        return b"NHRP"
    elif protocol == 55:
        return b"Mobile IP"
    elif protocol == 58:
        return b"ICMPv6"
    elif protocol == 59:
        return b"No Next Header"
    elif protocol == 60:
        return b"DSTOPT"
    elif protocol == 62:
        return b"Mobile IP (old)"
    elif protocol == 88:
        return b"EIGRP"
    elif protocol == 89:
        return b"OSPF"
    elif protocol == 103:
        return b"PIM"
    elif protocol == 108:
        return b"Compressed IP"
    elif protocol == 112:
        return b"VRRP"
    elif protocol == 113:
        return b"PGM"
    elif protocol == 132:
        return b"SCTP"
    elif protocol == 135:
        return b"Mobility"
    elif protocol == 143:
        return b"Ethernet"
    return b"unknown"


cdef void say_ip_protocol(Dissection *d, uint8_t protocol) noexcept nogil:
    if d.opt.numeric or keywords[protocol][0] == 0:
        say(d, b" ip-proto-")
        say_dec(d, protocol)
    else:
        say_char(d, b' ')
        say(d, keywords[protocol])


cdef inline int version_needed(uint8_t protocol) noexcept nogil:
    """The only IP version in which this protocol makes sense, or 0."""
    if protocol == 1 or protocol == 2:
        return 4
    if protocol == 58 or protocol == 143:
        return 6
    return 0


cdef void print_ip_payload(Dissection *d, uint8_t protocol, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef int version = version_needed(protocol)
    if version and version != d.network_version:
        say_char(d, b'[')
        say(d, ip_protocol_name(protocol))
        say(d, b" requires IPv4]" if version == 4 else b" requires IPv6]")
        say_invalid(d)
    elif not dispatch(LAYER_IP_PROTOCOL, protocol, d, p, length):
        say_ip_protocol(d, protocol)
        say_char(d, b' ')
        say_dec(d, length)


cdef void print_none(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """No Next Header (RFC 8200, section 4.7)."""
    say(d, b"no next header")


cdef void print_sun_nd(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The network disk protocol of old diskless workstations."""
    say(d, b" nd ")
    say_dec(d, length)


cdef void print_ethernet(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """An Ethernet frame behind an IPv6 header (RFC 8986, section 4.9)."""
    cdef uint32_t link_header = d.link_header
    dispatch(LAYER_LINKTYPE, 1, d, p, length)
    d.link_header = link_header


register_native(LAYER_IP_PROTOCOL, 59, print_none)
register_native(LAYER_IP_PROTOCOL, 77, print_sun_nd)
register_native(LAYER_IP_PROTOCOL, 143, print_ethernet)
