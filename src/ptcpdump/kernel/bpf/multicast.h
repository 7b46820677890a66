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

struct membership {
	u64 at;                 /* address of the one that is looked at next; 0: there are no more */
	const u32 *group;
	u64 found;
};

static long is_membership4(u32 i, void *context)
{
	struct membership *wanted = context;
	const struct ip_mc_socklist *at = (const struct ip_mc_socklist *)wanted->at;

	if (!at)
		return 1;
	wanted->found = BPF_CORE_READ(at, multi.imr_multiaddr.s_addr) == wanted->group[3];
	wanted->at = (u64)BPF_CORE_READ(at, next_rcu);
	return wanted->found;
}

static long is_membership6(u32 i, void *context)
{
	struct membership *wanted = context;
	const struct ipv6_mc_socklist *at = (const struct ipv6_mc_socklist *)wanted->at;
	u32 address[4] = {};

	if (!at)
		return 1;
	BPF_CORE_READ_INTO(&address, at, addr);
	wanted->found = !((address[0] ^ wanted->group[0]) | (address[1] ^ wanted->group[1]) |
			  (address[2] ^ wanted->group[2]) | (address[3] ^ wanted->group[3]));
	wanted->at = (u64)BPF_CORE_READ(at, next);
	return wanted->found;
}

/* Whether a group is among memberships: the address of the first of them, as verifiers let a function have it. */
ONCE int has_joined(const struct packet *p, u64 first)
{
	struct membership wanted = {.at = first};

	if (!p)
		return false;
	wanted.group = p->destination;
	if (p->version == 4)
		repeat(MEMBERSHIPS, MEMBERSHIPS, is_membership4, &wanted);
	else
		repeat(MEMBERSHIPS, MEMBERSHIPS, is_membership6, &wanted);
	return wanted.found;
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
