/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* From a packet in tc to its owner: the socket first, then flows remembered from sockets that are gone, then sockets of
 * other namespaces of this host. */
#ifndef PTCPDUMP_ATTRIBUTE_H
#define PTCPDUMP_ATTRIBUTE_H

#define FLOW_LIFE (120ULL * 1000000000)         /* twice the longest TIME_WAIT in use */
#define FLOW_REFRESH (1000000000ULL)

static __always_inline void flow_key(struct flow_key *key, const struct packet *p, u8 direction)
{
	bool in = direction == DIRECTION_IN;

	key->netns = p->netns;
	key->protocol = p->protocol;
	__builtin_memcpy(key->local, in ? p->destination : p->source, 16);
	__builtin_memcpy(key->remote, in ? p->source : p->destination, 16);
	key->local_port = in ? p->dport : p->sport;
	key->remote_port = in ? p->sport : p->dport;
}

static __always_inline void remember(const struct packet *p, u8 direction, const struct owner *owner, u64 now)
{
	struct flow_key key = {};
	struct flow *known, flow;

	flow_key(&key, p, direction);
	known = bpf_map_lookup_elem(&flows, &key);
	if (known && known->owner.pid == owner->pid && known->owner.start == owner->start &&
	    (!known->time || now - known->time < FLOW_REFRESH))
		return;
	flow.time = known && !known->time ? 0 : now;
	flow.owner = *owner;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* Sockets that /proc told of at the start (no iterators, before 5.11) are also known by their local end alone. */
static __always_inline struct flow *recall_seed(struct flow_key *key)
{
	struct flow *known;

	key->remote_port = 0;
	__builtin_memset(key->remote, 0, sizeof(key->remote));
	known = bpf_map_lookup_elem(&flows, key);
	if (known)
		return known;
	__builtin_memset(key->local, 0, sizeof(key->local));
	return bpf_map_lookup_elem(&flows, key);
}

/* foreign: 0, or how the owner was found of flows whose sockets are in other namespaces (FOUND_TRANSLATED, FOUND_PEER).
 * Sockets that may still be there are better asked themselves. */
static __always_inline bool recall(const struct packet *p, u8 direction, struct owner *owner, u64 now, u8 foreign)
{
	struct flow_key key = {};
	struct flow *known;
	u8 found;

	flow_key(&key, p, direction);
	known = bpf_map_lookup_elem(&flows, &key);
	if (known && known->time && now - known->time > FLOW_LIFE)
		known = NULL;
	if (!known && config.seeded)
		known = recall_seed(&key);
	if (!known)
		return false;
	found = known->owner.found;
	if (foreign != (found == FOUND_TRANSLATED || found == FOUND_PEER ? found : 0))
		return false;
	*owner = known->owner;
	if (owner->found != FOUND_SCAN && !foreign)
		owner->found = FOUND_FLOW;
	return true;
}

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

static __always_inline bool socket_owner(struct bpf_sock *sk, struct owner *owner)
{
	struct bpf_sock *full = bpf_sk_fullsock(sk);
	struct bpf_sock *listener;
	struct owner *o;

	if (full && full->state != TCP_LISTEN) {
		o = bpf_sk_storage_get(&owners, full, 0, 0);
		if (!o || !o->pid)
			return false;
		*owner = *o;
		return true;
	}
	if (full)
		return listener_owner(full, owner);
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

/* The socket that will receive the packet, in the namespace of the interface or in another that it has a number for. */
ONCE int receiver_owner(struct __sk_buff *skb, const struct packet *p, s32 netns, struct owner *owner)
{
	struct bpf_sock_tuple tuple;
	struct bpf_sock *sk = NULL;
	bool found = false;
	u32 size;

	if (!p || !owner || (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP))
		return false;
	size = lookup_tuple(&tuple, p);
	if (p->protocol == IPPROTO_TCP) {
		if (size == sizeof(tuple.ipv4))
			sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), netns, 0);
		else
			sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
	} else {
		if (size == sizeof(tuple.ipv4))
			sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), netns, 0);
		else
			sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
	}
	if (sk) {
		found = socket_owner(sk, owner);
		bpf_sk_release(sk);
	}
	return found;
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
	claim_owner(o);
	*owner = *o;
	return true;
}

#include "forward.h"

static __always_inline bool remembers(const struct packet *p)
{
	if (p->protocol == IPPROTO_TCP)
		return p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);
	if (p->protocol == IPPROTO_UDP)
		return p->fragment_id;
	return !p->quoted;
}

/* The fragments that follow have no ports. */
static __always_inline void remember_fragment(struct packet *p, u8 direction, const struct owner *owner, u64 now)
{
	if (p->fragment_id) {
		p->protocol |= FRAGMENT;
		p->sport = p->dport = p->fragment_id;
		remember(p, direction, owner, now);
	}
}

static __always_inline void remember_packet(struct packet *p, u8 direction, const struct owner *owner, u64 now)
{
	if (remembers(p))
		remember(p, direction, owner, now);
	remember_fragment(p, direction, owner, now);
}

static __always_inline void attribute_egress(struct __sk_buff *skb, bool link, u32 netns, struct owner *owner, u64 now)
{
	struct bpf_sock *sk = skb->sk, *full;
	struct packet p = {.netns = netns};
	bool known = false;

	if (sk) {
		known = socket_owner(sk, owner);
		full = bpf_sk_fullsock(sk);
		if (full && !known)
			known = packet_socket_owner(full, owner);
		/* the common case: nothing to be remembered, so the headers need not be read */
		if (full && known && (full->protocol == IPPROTO_UDP ||
		    (full->protocol == IPPROTO_TCP && full->state == TCP_ESTABLISHED)))
			return;
	}
	if (parse(skb, link, &p))
		return;
	if (known)
		remember_packet(&p, DIRECTION_OUT, owner, now);
	else if (is_icmp_error(&p) || (!opens(&p) && recall(&p, DIRECTION_OUT, owner, now, 0)))
		return;
	else if (translated_owner(skb, &p, DIRECTION_OUT, owner))
		remember_packet(&p, DIRECTION_OUT, owner, now);
	else if (!opens(&p) && recall(&p, DIRECTION_OUT, owner, now, FOUND_TRANSLATED))
		return;
	else if (forwarded_owner(skb, &p, DIRECTION_OUT, owner))
		remember_packet(&p, DIRECTION_OUT, owner, now);
	else if (!opens(&p) && recall(&p, DIRECTION_OUT, owner, now, FOUND_PEER))
		return;
	else if (config.peer_match && (receiver_owner(skb, &p, BPF_F_CURRENT_NETNS, owner) ||
				       recall(&p, DIRECTION_IN, owner, now, 0) ||
				       recall(&p, DIRECTION_IN, owner, now, FOUND_PEER)))
		owner->found = FOUND_PEER;      /* no process sends it, but one will receive it */
}

static __always_inline void attribute_ingress(struct __sk_buff *skb, bool link, u32 netns, struct owner *owner, u64 now)
{
	struct bpf_sock *sk;
	struct packet p = {.netns = netns};
	bool parsed = parse(skb, link, &p) == 0;

	if (parsed) {
		if (is_icmp_error(&p) && parse_quoted(skb, &p))
			return;
		if (receiver_owner(skb, &p, BPF_F_CURRENT_NETNS, owner)) {
			if (owner->found == FOUND_LISTENER)
				translated_owner(skb, &p, DIRECTION_IN, owner); /* packets pass by a proxy's socket */
			remember_packet(&p, DIRECTION_IN, owner, now);
			return;
		}
		if (!opens(&p) && recall(&p, DIRECTION_IN, owner, now, 0))
			return;
		if (translated_owner(skb, &p, DIRECTION_IN, owner)) {
			remember_packet(&p, DIRECTION_IN, owner, now);
			return;
		}
		if (!opens(&p) && recall(&p, DIRECTION_IN, owner, now, FOUND_TRANSLATED))
			return;
	}
	/* skb->sk survives a veth pair: the sender's socket in another namespace of this host */
	sk = skb->sk;
	if (sk && config.peer_match && !p.quoted && socket_owner(sk, owner)) {
		owner->found = FOUND_PEER;
		if (parsed)
			remember_packet(&p, DIRECTION_OUT, owner, now);
		return;
	}
	if (!parsed)
		return;
	if (forwarded_owner(skb, &p, DIRECTION_IN, owner))
		remember_packet(&p, DIRECTION_IN, owner, now);
	else if (!opens(&p) && recall(&p, DIRECTION_IN, owner, now, FOUND_PEER))
		return;
	else if (!p.quoted && config.peer_match && (recall(&p, DIRECTION_OUT, owner, now, 0) ||
						    recall(&p, DIRECTION_OUT, owner, now, FOUND_PEER)))
		owner->found = FOUND_PEER;
}

/* A packet whose owner is not wanted: whether the process at its other end, on this host too, is. */
static __always_inline bool other_end_wanted(struct __sk_buff *skb, bool link, u8 direction, u32 netns,
					     struct owner *owner, u64 now)
{
	struct packet p = {.netns = netns};
	struct bpf_sock *sk = skb->sk;
	bool found;

	if (!config.filter || !config.peer_match || parse(skb, link, &p) || is_icmp_error(&p))
		return false;
	if (direction == DIRECTION_OUT)
		found = receiver_owner(skb, &p, BPF_F_CURRENT_NETNS, owner) ||
			forwarded_owner(skb, &p, DIRECTION_IN, owner);
	else
		found = (sk && socket_owner(sk, owner)) || forwarded_owner(skb, &p, DIRECTION_OUT, owner);
	owner->found = FOUND_PEER;
	return found && wanted(owner);
}

#endif
