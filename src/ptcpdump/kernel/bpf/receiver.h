/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The socket that a packet is for, and its owner. */
#ifndef PTCPDUMP_RECEIVER_H
#define PTCPDUMP_RECEIVER_H

/* The tuple of what comes to one end of a packet: to who gets it (IN), or, as an answer, to who sends it (OUT). Returns its
 * size. */
static __always_inline u32 lookup_tuple(struct bpf_sock_tuple *t, const struct packet *p, u8 direction)
{
	bool in = direction == DIRECTION_IN;
	const u32 *remote = in ? p->source : p->destination, *local = in ? p->destination : p->source;

	if (p->version == 4) {
		t->ipv4.saddr = remote[3];
		t->ipv4.daddr = local[3];
		t->ipv4.sport = in ? p->sport : p->dport;
		t->ipv4.dport = in ? p->dport : p->sport;
		return sizeof(t->ipv4);
	}
	__builtin_memcpy(t->ipv6.saddr, remote, 16);
	__builtin_memcpy(t->ipv6.daddr, local, 16);
	t->ipv6.sport = in ? p->sport : p->dport;
	t->ipv6.dport = in ? p->dport : p->sport;
	return sizeof(t->ipv6);
}

/* Whether a program chooses the socket of a SO_REUSEPORT group: the look-up, which has no packet to show it, then finds
 * any of them. */
static __always_inline bool is_chosen_by_program(struct sock *sk)
{
	struct sock_reuseport *group = CAN_CAST ? sk->sk_reuseport_cb : BPF_CORE_READ(sk, sk_reuseport_cb);

	return group && BPF_CORE_READ(group, prog);
}

/* The same where a look-up by what would come to a socket is to tell who of the group has sent. */
static __always_inline bool is_any_of_group(struct bpf_sock *sk, u32 direction)
{
	struct sock *sock = sock_of(sk);

	if (direction & HOLDER && (direction & DIRECTION_OUT))
		return CAN_CAST ? sock->sk_reuseport_cb : BPF_CORE_READ(sock, sk_reuseport_cb);
	return is_chosen_by_program(sock);
}

/* The socket at one end of a packet, to be released if it is not NULL, and its state. Of TCP it may also be a request, or in
 * TIME_WAIT. The verifier takes these for another type of pointer than those of UDP: an instruction that reads a member
 * may be for one of the two only. */
static __always_inline struct bpf_sock *look_up(struct __sk_buff *skb, const struct packet *p, u32 direction, s32 netns,
						u32 *state)
{
	struct bpf_sock_tuple tuple;
	bool version4 = lookup_tuple(&tuple, p, direction) == sizeof(tuple.ipv4);
	struct bpf_sock *sk;

	*state = TCP_CLOSE;
	if (p->protocol == IPPROTO_TCP) {
		sk = version4 ? bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), netns, 0) :
				bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
		if (sk)
			*state = sk->state;
		return sk;
	}
	if (p->protocol == IPPROTO_UDP)
		return version4 ? bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), netns, 0) :
				  bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), netns, 0);
	return NULL;
}

/* Whether a socket is bound to an address, or connected: it is of that address, not of all that its namespace has. */
static __always_inline bool is_bound(const struct sock *sk)
{
	u64 address[2] = {};

	if (BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr))
		return true;
	BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
	return address[0] || address[1];
}

/* Whether a socket that was looked up is one of a group, of which any was found. */
static __always_inline bool is_any_of(struct bpf_sock *sk, const struct packet *p, u32 direction)
{
	if (p->protocol == IPPROTO_TCP)
		return is_chosen_by_program(sock_of(sk));
	return is_any_of_group(sk, direction) || !is_certain(p, sock_of(sk));
}

/* Whether a socket of an end's port does not have that end: it is bound to no address, and those are not enough, or this one is
 * not its namespace's. Addresses that lead to another namespace are that one's. */
static __always_inline bool has_other_address(struct sock *sk, const struct packet *p, u32 direction, s32 netns)
{
	return !is_bound(sk) &&
	       (direction & ONLY_BOUND || (netns == BPF_F_CURRENT_NETNS && is_foreign(p, p->netns, direction)));
}

/* Whether any of several processes may take what comes in for a socket that they share. */
static __always_inline bool is_taken_by_any(const void *sk, u32 direction)
{
	return (direction & HOLDER) && (direction & DIRECTION_IN) && is_shared(sk);
}

/* The owner of the socket at one end of a packet, in the namespace of the interface or in another that it has a number for.
 * direction: that end, with or without ONLY_BOUND, HOLDER. Returns enum known. */
ONCE int find_socket(struct __sk_buff *skb, const struct packet *p, u32 direction, s32 netns, struct owner *owner)
{
	bool connected;
	struct bpf_sock *sk;
	int found;
	u32 state;

	if (!p || !owner)
		return NO_SOCKET;
	sk = look_up(skb, p, direction & ~(ONLY_BOUND | HOLDER), netns, &state);
	if (!sk)
		return NO_SOCKET;
	connected = p->protocol == IPPROTO_TCP && state != TCP_LISTEN;
	if (!connected && has_other_address(sock_of(sk), p, direction, netns))
		found = NO_SOCKET;
	else if (!connected && direction & DIRECTION_IN && netns == BPF_F_CURRENT_NETNS &&
		 is_for_above((struct sk_buff *)skb, p))
		found = NOBODY;
	else if (!connected && is_any_of(sk, p, direction))
		found = NOBODY;
	else if (p->protocol == IPPROTO_UDP && is_taken_by_any(sk, direction))
		found = NOBODY;
	else
		found = socket_owner(sk, state, owner, direction & HOLDER);
	bpf_sk_release(sk);
	return found;
}

/* Who holds the socket that a packet is for, if find_socket() says ENDED. Returns enum known. */
ONCE int receiver_heir(struct __sk_buff *skb, const struct packet *p, struct owner *owner)
{
	struct bpf_sock *sk;
	int found;
	u32 state;

	if (!p || !owner)
		return NOBODY;
	sk = look_up(skb, p, DIRECTION_IN, BPF_F_CURRENT_NETNS, &state);
	if (!sk)
		return NOBODY;
	found = heir_of_any(sk, owner);
	bpf_sk_release(sk);
	return found;
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
 * in between on this CPU. Returns enum known. */
static __always_inline int next_receiver_owner(struct __sk_buff *skb, const struct packet *p, struct owner *owner,
					       u64 now)
{
	u32 zero = 0;
	struct unreceived *last = bpf_map_lookup_elem(&unreceived, &zero);
	int found;

	if (last && now - last->time < UNRECEIVED_LIFE && last->ifindex == skb->ifindex &&
	    same_tuple(&last->packet, p) && !is_syn(p))
		return NO_SOCKET;
	found = find_socket(skb, p, DIRECTION_IN | HOLDER, BPF_F_CURRENT_NETNS, owner);
	if (found == NO_SOCKET && last) {
		last->time = now;
		last->ifindex = skb->ifindex;
		last->packet = *p;
	}
	return found;
}

#endif
