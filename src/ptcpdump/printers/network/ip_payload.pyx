"""Protocol numbers of IP (IANA "Assigned Internet Protocol Numbers"): their names, and who prints what they stand for."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

# Keywords of the registry as a services file gives them, by number; "-" where there is none.
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

cdef Names PROTOCOL_KEYWORDS = names(
    {number: word.encode() for number, word in enumerate(KEYWORDS) if word != "-"}
    | {253: b"exptest-253", 254: b"exptest-254"})

# As -v shows them
cdef Names PROTOCOLS = names({
    6: b"TCP", 17: b"UDP", 0: b"HBH", 1: b"ICMP", 2: b"IGMP", 4: b"IPIP", 8: b"EGP", 9: b"IGRP", 33: b"DCCP",
    41: b"IPv6", 43: b"Routing", 44: b"Fragment", 46: b"RSVP", 47: b"GRE", 50: b"ESP", 51: b"AH", 54: b"NHRP",
    55: b"Mobile IP", 58: b"ICMPv6", 59: b"No Next Header", 60: b"DSTOPT", 62: b"Mobile IP (old)", 88: b"EIGRP",
    89: b"OSPF", 103: b"PIM", 108: b"Compressed IP", 112: b"VRRP", 113: b"PGM", 132: b"SCTP", 135: b"Mobility",
    143: b"Ethernet",
})


cdef const char *ip_protocol_name(uint8_t protocol) noexcept nogil:
    return name_of(&PROTOCOLS, protocol, b"unknown")


cdef void say_ip_protocol(Dissection *d, uint8_t protocol) noexcept nogil:
    cdef const char *keyword = NULL if d.opt.numeric else name_of(&PROTOCOL_KEYWORDS, protocol, NULL)
    if keyword == NULL:
        say(d, b" ip-proto-")
        say_dec(d, protocol)
    else:
        say_char(d, b' ')
        say(d, keyword)


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


export_printer(__name__, "print_none", print_none)
export_printer(__name__, "print_sun_nd", print_sun_nd)
export_printer(__name__, "print_ethernet", print_ethernet)
