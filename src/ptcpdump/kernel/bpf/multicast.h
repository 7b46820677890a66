/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who gets what is sent to a group: each socket of the port that has joined it, and others, if they have not said that
 * they want no more than their own groups (IP_MULTICAST_ALL, IPV6_MULTICAST_ALL). */
#ifndef PTCPDUMP_MULTICAST_H
#define PTCPDUMP_MULTICAST_H

#define MEMBERSHIPS 16  /* of a socket that are looked at, the youngest ones */

/* By a packet's destination. */
static __always_inline bool is_multicast(const struct packet *p)
{
	return p->version == 4 ? bpf_ntohl(p->destination[3]) >> 28 == 0xe : (bpf_ntohl(p->destination[0]) >> 24) == 0xff;
}

static __always_inline bool has_joined4(const struct ip_mc_socklist *at, __be32 group)
{
	u32 i;

	for (i = 0; at && i < MEMBERSHIPS; i++) {
		if (BPF_CORE_READ(at, multi.imr_multiaddr.s_addr) == group)
			return true;
		at = BPF_CORE_READ(at, next_rcu);
	}
	return false;
}

static __always_inline bool has_joined6(const struct ipv6_mc_socklist *at, const u32 *group)
{
	u32 address[4], i;

	for (i = 0; at && i < MEMBERSHIPS; i++) {
		BPF_CORE_READ_INTO(&address, at, addr);
		if (address[0] == group[0] && address[1] == group[1] && address[2] == group[2] && address[3] == group[3])
			return true;
		at = BPF_CORE_READ(at, next);
	}
	return false;
}

/* Whether a group is among memberships: the address of the first of them, as verifiers let a function have it. */
ONCE int has_joined(const struct packet *p, u64 first)
{
	if (!p)
		return false;
	return p->version == 4 ? has_joined4((const struct ip_mc_socklist *)first, p->destination[3]) :
				 has_joined6((const struct ipv6_mc_socklist *)first, p->destination);
}

/* Whether a socket of the right port is certain to get a packet. */
static __always_inline bool is_certain(const struct packet *p, const void *socket)
{
	const struct inet_sock *sk = socket;

	if (!is_multicast(p))
		return true;
	return has_joined(p, p->version == 4 ? (u64)BPF_CORE_READ(sk, mc_list) : (u64)BPF_CORE_READ(sk, pinet6, ipv6_mc_list));
}

#endif
