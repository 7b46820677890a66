# The fields of one packet as C: what one pass over its bytes (core.pxd) fills in, without allocating anything.
#
# A member means something only where the comment beside it, or its FOUND_ bit, says that it is there; all others are 0.
# Names are not decoded here: a Slice tells where their bytes lie in the packet.
from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    VLANS_KEPT = 4              # tags whose values are kept; `vlans` counts all of them


# Bytes of the packet that were captured.
cdef struct Slice:
    uint32_t at                 # offset of the first one from the first byte of the packet
    uint32_t len                # 0: not there


# What was found: bits of PacketFields.found.
cdef enum Found:
    FOUND_MAC_SOURCE = 0x1          # link addresses of 6 bytes
    FOUND_MAC_DESTINATION = 0x2
    FOUND_ETHERTYPE = 0x4
    FOUND_IP = 0x8                  # `ends` with its addresses and its protocol
    FOUND_PORTS = 0x10              # ports of `ends`
    FOUND_TCP = 0x20
    FOUND_UDP = 0x40
    FOUND_ICMP = 0x80               # ICMP or ICMPv6: `ends.version` tells
    FOUND_FRAGMENT = 0x100
    FOUND_DNS = 0x200
    FOUND_CLIENT_HELLO = 0x400
    FOUND_SERVER_HELLO = 0x800
    FOUND_HTTP_REQUEST = 0x1000
    FOUND_HTTP_RESPONSE = 0x2000
    FOUND_QUIC_INITIAL = 0x4000
    FOUND_TRUNCATED = 0x8000        # a header reaches beyond the captured bytes: what is behind it is not known
    FOUND_MALFORMED = 0x10000       # a header contradicts itself or the one around it: likewise

    # what belongs to the transport header of the innermost IP header
    FOUND_TRANSPORT = FOUND_PORTS | FOUND_TCP | FOUND_UDP | FOUND_ICMP


# Tunnels, by what stands between two network headers.
cdef enum TunnelType:
    TUNNEL_NONE = 0
    TUNNEL_IPIP = 1             # IPv4 in IP, protocol 4 (RFC 2003)
    TUNNEL_SIT = 2              # IPv6 in IP, protocol 41 (RFC 4213)
    TUNNEL_GRE = 3              # RFC 2784, RFC 2890; id: the key
    TUNNEL_PPTP = 4             # GRE version 1 (RFC 2637); id: the call
    TUNNEL_VXLAN = 5            # RFC 7348; id: the VNI
    TUNNEL_VXLAN_GPE = 6        # draft-ietf-nvo3-vxlan-gpe; id: the VNI
    TUNNEL_GENEVE = 7           # RFC 8926; id: the VNI
    TUNNEL_L2TP = 8             # version 2 (RFC 2661); id: tunnel << 16 | session
    TUNNEL_GTP = 9              # GTP-U version 1 (3GPP TS 29.281); id: the TEID
    TUNNEL_MPLS = 10            # in IP (RFC 4023) or UDP (RFC 7510); id: the outermost label
    TUNNEL_ETHERNET = 11        # Ethernet in IPv6 (RFC 8986), EtherIP (RFC 3378)
    TUNNEL_ERSPAN = 12          # in GRE (draft-foschiano-erspan); id: the session


# Both ends of an IP header and of the transport header that it carries.
cdef struct Ends:
    uint8_t source[16]          # IPv4: the first 4 bytes, the others are 0
    uint8_t destination[16]
    uint16_t source_port        # TCP, UDP, SCTP, DCCP, UDP-Lite: FOUND_PORTS
    uint16_t destination_port
    uint8_t version             # 4 or 6; 0: no IP header
    uint8_t protocol            # behind extension headers (IANA, "Assigned Internet Protocol Numbers")


cdef struct PacketFields:
    uint32_t found              # bits of Found
    uint32_t linktype           # LINKTYPE_ value (https://www.tcpdump.org/linktypes.html)

    # The outermost link header
    uint8_t mac_source[6]
    uint8_t mac_destination[6]
    uint16_t ethertype          # behind VLAN tags; of link types that tell IPv4 and IPv6 in another way: 0x0800, 0x86dd
    uint16_t vlans              # how many tags there are ...
    uint16_t vlan[VLANS_KEPT]   # ... and the outermost ones: priority (3 bits), DEI, VLAN (12 bits), IEEE 802.1Q 9.6
    Slice mpls                  # the outermost label stack, 4 bytes an entry (RFC 3032)

    # The innermost IP header
    Ends ends
    uint32_t network            # offset of that header
    uint8_t traffic_class       # DSCP and ECN (RFC 2474, RFC 3168)
    uint8_t ttl                 # TTL or hop limit
    # The innermost IP header that is one of a fragment
    bint more_fragments
    uint32_t fragment_id        # IPv4: 16 bits, IPv6: 32 bits
    uint32_t fragment_offset    # bytes; ports and names are those of the fragment at 0 only

    # TCP (RFC 9293)
    uint32_t seq
    uint32_t ack
    uint16_t tcp_flags          # FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256 (RFC 9768)
    uint16_t window             # as sent, without the scale of RFC 7323
    Slice tcp_options

    uint16_t udp_length         # of header and payload, as sent (RFC 768)

    uint8_t icmp_type
    uint8_t icmp_code

    # What the innermost header that was understood carries. Captured are payload.len bytes, sent were payload_length.
    Slice payload
    uint32_t payload_length

    # Tunnels
    uint32_t tunnels            # how many network headers are wrapped in others; 0: `ends` are all there is
    TunnelType tunnel           # the outermost one
    uint32_t tunnel_id
    Ends outer                  # ends of the outermost IP header, if there are tunnels

    # DNS (RFC 1035)
    Slice dns                   # the message, without the length that TCP puts before it
    Slice dns_question          # the name of the first question, as labels
    uint16_t dns_type           # of the first question
    uint32_t dns_answers        # offset of the answer section, 0 where the questions don't end within what was captured

    # TLS (RFC 8446): a Client or Server Hello that begins in this segment
    bint hello_partial          # it goes on in further segments, or was cut off
    uint16_t hello_version      # the highest one that a client offers, the one that a server chose
    uint16_t hello_cipher       # cipher suite that a server chose
    Slice hello_random
    Slice hello_versions        # supported_versions of a client, 2 bytes each
    Slice server_name           # SNI (RFC 6066, 3)
    Slice alpn                  # ProtocolNameList (RFC 7301), a length byte before each

    # HTTP/1 (RFC 9112)
    bint http_partial           # the request line goes on in another segment, or was cut off
    Slice http_method
    Slice http_path             # the request target
    Slice http_host
    uint16_t http_status

    Slice quic_initial          # the datagram that begins with a QUIC Initial packet (RFC 9000, RFC 9369)
