/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The owner of a socket at hand, and the socket that a packet is for. */
#ifndef PTCPDUMP_RECEIVER_H
#define PTCPDUMP_RECEIVER_H

enum known {
	NO_SOCKET = -1,
	NOT_KNOWN,              /* there is a socket, but we were not told whose it is */
	KNOWN,
	ENDED,                  /* its process has ended or may have handed it on: see heir_of() for who holds it */
	NOBODY,                 /* so it has, and who holds it is not known */
};

/* asked_again: an owner that may have handed the socket on counts as ended, as for this end of a packet it should. */
static __always_inline int owner_of(struct socket_owner *known, const void *sk, struct owner *owner, bool asked_again)
{
	if (!known || !known->owner.pid)
		return NOT_KNOWN;
	if (live_owner(known, owner) || is_left_behind(sock_of(sk), owner))
		return asked_again && is_doubted(known, sk) ? ENDED : KNOWN;
	__builtin_memset(owner, 0, sizeof(*owner));
	return ENDED;
}

/* Who holds a socket whose process has ended, or may have handed it on. Only looked for at this end of a packet, for that takes a deep stack, and
 * once: who takes the socket later is seen when it uses it. */
static __always_inline int heir_of(struct socket_owner *known, const void *sk, struct owner *owner)
{
	u64 socket = (u64)BPF_CORE_READ(sock_of(sk), sk_socket);

	if (known && known->leader) {
		if ((confirm_owner(known, socket) || find_heir(known, socket) || find_handed(known, socket)) &&
		    live_owner(known, owner))
			return KNOWN;
		known->leader = known->task = 0;        /* whoever uses it next is recorded, also if it is the same one */
	}
	__builtin_memset(owner, 0, sizeof(*owner));
	return NOBODY;
}

/* The copy that an accepted socket inherits says LISTENER until the process that accepted it is seen. */
static __always_inline void mark_listener(struct socket_owner *known, u32 state)
{
	if (known && state == TCP_LISTEN && known->owner.found == FOUND_SOCKET)
		known->owner.found = FOUND_LISTENER;
}

/* The owner of a socket that no process has opened. A subflow of MPTCP belongs to whom the connection does. */
static __always_inline int kernel_socket_owner(struct bpf_sock *sk, struct owner *owner)
{
	struct mptcp_sock *connection;
	struct socket_owner *known;

	if (!is_kernel_socket(sock_of(sk)))
		return NOT_KNOWN;
	if (config.mptcp && sk->protocol == IPPROTO_TCP) {
		connection = bpf_skc_to_mptcp_sock(sk);
		if (connection) {
			known = bpf_sk_storage_get(&owners, connection, 0, 0);
			mark_listener(known, sk->state);
			return owner_of(known, connection, owner, false);
		}
	}
	if (sk->type == SOCK_RAW)
		return NOT_KNOWN;       /* it only answers for the kernel: resets, ICMP, neighbour discovery */
	owner->found = FOUND_KERNEL;
	return KNOWN;
}

/* The whole socket that an skb's stands for: of a handshake under way the listener; NULL in TIME_WAIT. */
static __always_inline struct bpf_sock *whole_socket(struct bpf_sock *sk)
{
	struct bpf_sock *full = bpf_sk_fullsock(sk);

	return full ? full : bpf_get_listener_sock(sk);
}

/* What is kept with a socket in a state. Sets *full to the whole socket that it is kept with, or to NULL where it is kept
 * with the one at hand: by far the most, and one call less for each packet. */
static __always_inline struct socket_owner *kept_with(struct bpf_sock *sk, u32 state, struct bpf_sock **full)
{
	struct socket_owner *known;

	*full = NULL;
	if (config.any_socket && state != TCP_LISTEN && state != TCP_NEW_SYN_RECV && state != TCP_TIME_WAIT)
		return bpf_sk_storage_get(&owners, sk, 0, 0);
	*full = whole_socket(sk);
	if (!*full)
		return NULL;
	known = bpf_sk_storage_get(&owners, *full, 0, 0);
	mark_listener(known, (*full)->state);
	return known;
}

/* The owner by what kept_with() has found. */
static __always_inline int kept_owner(struct socket_owner *known, struct bpf_sock *sk, struct bpf_sock *full,
				      struct owner *owner, bool asked_again)
{
	int found = owner_of(known, full ? full : sk, owner, asked_again);

	if (found != NOT_KNOWN)
		return found;
	if (!full)
		full = bpf_sk_fullsock(sk);
	return full ? kernel_socket_owner(full, owner) : NOT_KNOWN;
}

/* Of any socket that an skb may have, those of handshakes under way included. */
static __always_inline int socket_owner(struct bpf_sock *sk, u32 state, struct owner *owner, bool asked_again)
{
	struct bpf_sock *full;
	struct socket_owner *known = kept_with(sk, state, &full);

	return kept_owner(known, sk, full, owner, asked_again);
}

/* Let a socket's owner be the current task, if it is what sends the packet: it uses a thread of the process that is known,
 * or it has the socket open. Packets leave in other contexts too, in interrupts and on behalf of other tasks. Returns
 * whether that has changed anything. here: as in_task() wants it. */
static __always_inline bool ask_sender(struct socket_owner *known, const void *sk, u64 here)
{
	u64 id = current_id();

	if (is_same_task(known, id) || !in_task(here))
		return false;
	if (known->owner.pid != id >> 32 &&
	    !has_open((u64)current_task(), (u64)BPF_CORE_READ(sock_of(sk), sk_socket), current_descriptor()))
		return false;
	set_owner(known, (u64)current_task());
	return true;
}

/* Whether the current task may have sent a packet that leaves after its system call, in an interrupt: one that waited for
 * its neighbour's address (ARP). No hook has told of it if the socket is connected. */
static __always_inline bool is_sent_by_another(const struct socket_owner *known, const void *sk, u64 here)
{
	return known->owner.pid && known->owner.pid != current_id() >> 32 && !in_task(here) &&
	       has_open((u64)current_task(), (u64)BPF_CORE_READ(sock_of(sk), sk_socket), current_descriptor());
}

/* As heir_of(), for any socket that an skb may have. */
static __always_inline int heir_of_any(struct bpf_sock *sk, struct owner *owner)
{
	struct bpf_sock *full = whole_socket(sk);

	return full ? heir_of(bpf_sk_storage_get(&owners, full, 0, 0), full, owner) : NOBODY;
}

/* Who has the socket that an skb came in for, or to. */
static __always_inline int holder_of(struct bpf_sock *sk, struct owner *owner)
{
	int found = socket_owner(sk, sk->state, owner, true);

	return found == ENDED ? heir_of_any(sk, owner) : found;
}

/* Who sends a packet on a socket, which may be any that an skb has. TCP also sends in other contexts than its users', who
 * are known by hooks. */
static __always_inline int sender_owner(struct bpf_sock *sk, struct bpf_sock *full, struct owner *owner)
{
	struct socket_owner *known;
	int found;

	if (full && (full->protocol != IPPROTO_TCP || !config.tcp_sending)) {
		known = bpf_sk_storage_get(&owners, full, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (known) {
			if (!ask_sender(known, full, stack_here()) && is_sent_by_another(known, full, stack_here()))
				return NOBODY;
			if (has_no_lookup(full->protocol))
				follow(known, sock_of(full));
		}
	} else {
		known = kept_with(sk, sk->state, &full);
	}
	found = kept_owner(known, sk, full, owner, true);
	return found == ENDED ? heir_of_any(sk, owner) : found;
}

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

	BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
	return BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr) || address[0] || address[1];
}

/* Whether a socket that was looked up is one of a group, of which any was found. */
static __always_inline bool is_any_of(struct bpf_sock *sk, const struct packet *p, u32 direction)
{
	if (p->protocol == IPPROTO_TCP)
		return is_chosen_by_program(sock_of(sk));
	return is_any_of_group(sk, direction) || !is_certain(p, sock_of(sk));
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
	if (!connected && direction & ONLY_BOUND && !is_bound(sock_of(sk)))
		found = NO_SOCKET;
	else if (!connected && is_any_of(sk, p, direction))
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
