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

/* The socket that will receive the packet, in the namespace of the interface or in another that it has a number for. */
ONCE int receiver_owner(struct __sk_buff *skb, const struct packet *p, s32 netns, struct owner *owner)
{
	struct bpf_sock_tuple tuple;
	struct bpf_sock *sk;
	bool found = false;
	u32 size;

	if (!p || !owner)
		return false;
	size = lookup_tuple(&tuple, p);
	if (p->protocol == IPPROTO_TCP) {
		if (size == sizeof(tuple.ipv4))
			sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), netns, 0);
		else
			sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
		if (sk) {
			found = socket_owner(sk, owner);
			bpf_sk_release(sk);
		}
	} else if (p->protocol == IPPROTO_UDP) {
		if (size == sizeof(tuple.ipv4))
			sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), netns, 0);
		else
			sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
		if (sk) {
			found = copy_owner(bpf_sk_storage_get(&owners, sk, 0, 0), owner);
			bpf_sk_release(sk);
		}
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

#endif
