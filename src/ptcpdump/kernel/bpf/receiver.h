/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The owner of a socket at hand, and the socket that a packet is for. */
#ifndef PTCPDUMP_RECEIVER_H
#define PTCPDUMP_RECEIVER_H

/* The copy that an accepted socket inherits says LISTENER until the process that accepted it is seen. */
static __always_inline bool listener_owner(struct bpf_sock *sk, struct owner *owner)
{
	struct owner *o = bpf_sk_storage_get(&owners, sk, 0, 0);

	if (!o || !o->pid)
		return false;
	if (o->found == FOUND_SOCKET)
		o->found = FOUND_LISTENER;
	*owner = *o;
	return true;
}

static __always_inline bool copy_owner(const struct owner *o, struct owner *owner)
{
	if (!o || !o->pid)
		return false;
	*owner = *o;
	return true;
}

static __always_inline bool socket_owner(struct bpf_sock *sk, struct owner *owner)
{
	struct bpf_sock *full, *listener;
	u32 state = sk->state;

	/* by far the most: one call less for each packet */
	if (config.any_socket && state != TCP_LISTEN && state != TCP_NEW_SYN_RECV && state != TCP_TIME_WAIT)
		return copy_owner(bpf_sk_storage_get(&owners, sk, 0, 0), owner);
	full = bpf_sk_fullsock(sk);
	if (full && full->state == TCP_LISTEN)
		return listener_owner(full, owner);
	if (full)
		return copy_owner(bpf_sk_storage_get(&owners, full, 0, 0), owner);
	listener = bpf_get_listener_sock(sk);  /* of a handshake under way; NULL in TIME_WAIT */
	return listener && listener_owner(listener, owner);
}

static __always_inline u32 lookup_tuple(struct bpf_sock_tuple *t, const struct packet *p)
{
	if (p->version == 4) {
		t->ipv4.saddr = p->source[3];
		t->ipv4.daddr = p->destination[3];
		t->ipv4.sport = p->sport;
		t->ipv4.dport = p->dport;
		return sizeof(t->ipv4);
	}
	__builtin_memcpy(t->ipv6.saddr, p->source, 16);
	__builtin_memcpy(t->ipv6.daddr, p->destination, 16);
	t->ipv6.sport = p->sport;
	t->ipv6.dport = p->dport;
	return sizeof(t->ipv6);
}

enum receiver { NO_SOCKET = -1, NOT_KNOWN, KNOWN };     /* owner, of a socket that there is */

/* The socket that will receive the packet, in the namespace of the interface or in another that it has a number for. */
ONCE int find_receiver(struct __sk_buff *skb, const struct packet *p, s32 netns, struct owner *owner)
{
	struct bpf_sock_tuple tuple;
	struct bpf_sock *sk;
	int found = NO_SOCKET;
	u32 size;

	if (!p || !owner)
		return NO_SOCKET;
	size = lookup_tuple(&tuple, p);
	if (p->protocol == IPPROTO_TCP) {
		if (size == sizeof(tuple.ipv4))
			sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), netns, 0);
		else
			sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
		if (sk) {
			found = socket_owner(sk, owner) ? KNOWN : NOT_KNOWN;
			bpf_sk_release(sk);
		}
	} else if (p->protocol == IPPROTO_UDP) {
		if (size == sizeof(tuple.ipv4))
			sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), netns, 0);
		else
			sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
		if (sk) {
			found = copy_owner(bpf_sk_storage_get(&owners, sk, 0, 0), owner) ? KNOWN : NOT_KNOWN;
			bpf_sk_release(sk);
		}
	}
	return found;
}

/* Its process. */
static __always_inline bool receiver_owner(struct __sk_buff *skb, const struct packet *p, s32 netns,
					   struct owner *owner)
{
	return find_receiver(skb, p, netns, owner) == KNOWN;
}

/* What comes in for nobody here (floods, what is bridged or routed) mostly is more than one packet: for so short a time
 * the next ones with the same ends are not looked up again. A socket that is opened meanwhile could have had the first
 * of them a moment later only. */
#define UNRECEIVED_LIFE 100000ULL       /* ns */

struct unreceived {
	u64 time;               /* when it was looked up (CLOCK_MONOTONIC ns) */
	u32 ifindex;            /* where: a socket may be bound to another device that the packet comes to next */
	struct packet packet;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct unreceived);
} unreceived SEC(".maps");

/* Namespace, addresses, ports and protocol: they come first in a struct packet. */
static __always_inline bool same_tuple(const struct packet *p, const struct packet *q)
{
	const u32 *a = (const u32 *)p, *b = (const u32 *)q;
	u32 i, differing = 0;

	for (i = 0; i < __builtin_offsetof(struct packet, transport) / 4; i++)
		differing |= a[i] ^ b[i];
	return !differing;
}

/* The process of this namespace that will receive the packet. Bottom halves must be off: another packet may not come
 * in between on this CPU. */
static __always_inline bool next_receiver_owner(struct __sk_buff *skb, const struct packet *p, struct owner *owner,
						u64 now)
{
	u32 zero = 0;
	struct unreceived *last = bpf_map_lookup_elem(&unreceived, &zero);
	int found;

	if (last && now - last->time < UNRECEIVED_LIFE && last->ifindex == skb->ifindex &&
	    same_tuple(&last->packet, p) && !is_syn(p))
		return false;
	found = find_receiver(skb, p, BPF_F_CURRENT_NETNS, owner);
	if (found == NO_SOCKET && last) {
		last->time = now;
		last->ifindex = skb->ifindex;
		last->packet = *p;
	}
	return found == KNOWN;
}

/* An AF_PACKET socket has no cgroup hook; its sender is the current task, which is in the middle of sendto(2). */
static __always_inline bool packet_socket_owner(struct bpf_sock *full, struct owner *owner)
{
	struct owner *o;

	if (full->family != AF_PACKET || !config.current_in_tc)
		return false;
	o = bpf_sk_storage_get(&owners, full, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o)
		return false;
	update_owner(o);
	*owner = *o;
	return true;
}

#endif
