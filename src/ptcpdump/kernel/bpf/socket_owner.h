/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The owner of a socket at hand. */
#ifndef PTCPDUMP_SOCKET_OWNER_H
#define PTCPDUMP_SOCKET_OWNER_H

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

#endif
