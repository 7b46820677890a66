/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Headers of IP, numbers that stand in headers, and the two ends of a packet. */
#ifndef PTCPDUMP_HEADERS_H
#define PTCPDUMP_HEADERS_H

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58
#define IPPROTO_SCTP 132
#define FRAGMENT 0x10000        /* in flow_key.protocol: keyed by the datagram's identification, not by ports */
#define ANSWERING 0x20000       /* likewise: echo as seen by who is asked */

#define LOOPBACK_IFINDEX 1      /* of each namespace's lo (include/net/flow.h) */
#define ONLY_BOUND 0x100        /* beside enum direction: sockets that are bound to no address don't count */
#define HOLDER 0x200            /* likewise: ENDED also if the process may have handed its socket on to a child */

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define TCP_NEW_SYN_RECV 12

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_ACK 16

static __always_inline u32 opposite(u32 direction)
{
	return direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT;
}

/* The other end of a packet than the one where it is seen. What has both in this namespace passes its loopback; on other
 * devices the far end's address is another host's or namespace's, and a socket here that is bound to no address, though
 * it has that port, is not meant. */
static __always_inline u32 far_end(u32 direction, u32 ifindex)
{
	return ifindex == LOOPBACK_IFINDEX ? opposite(direction) : opposite(direction) | ONLY_BOUND;
}

/* On the loopback device both ends of a packet are here, always: what is more to look up there, no other traffic pays. */
static __always_inline bool tells_both_ends(u32 ifindex)
{
#ifdef BEFORE_5_13
	return false;   /* all of it would be verified once more: half as long again until a capture is ready */
#else
	return config.both_ends && ifindex == LOOPBACK_IFINDEX;
#endif
}

struct ip4_header {
	u8 version_ihl, tos;
	__be16 total, id, offset;
	u8 ttl, protocol;
	__be16 check;
	__be32 saddr, daddr;
};

struct ip6_header {
	__be32 version_class_flow;
	__be16 payload;
	u8 next, hops;
	__be32 saddr[4], daddr[4];
};

#endif
