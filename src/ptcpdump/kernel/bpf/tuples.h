/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Open sockets by addresses and ports, for hooks that can't look up the socket that a packet is for, and for protocols that
 * have no look-up (raw sockets, SCTP). A socket is entered when it is bound, listens, connects or sends, and taken out when it
 * is closed. Where several sockets of different processes share a tuple (SO_REUSEPORT), which of them gets a packet is
 * not known here, and said to be so. */
#ifndef PTCPDUMP_TUPLES_H
#define PTCPDUMP_TUPLES_H

#define IPPROTO_MPTCP 262
#define V6_ONLY 0x40000         /* in socket_key.protocol: gets no IPv4, though its address is unspecified */

struct socket_key {
	u32 netns;
	u32 protocol;
	u32 local[4];           /* IPv4 as ::ffff:a.b.c.d, also where it is unspecified; zeros are :: */
	u32 remote[4];          /* zeros: not connected */
	u16 local_port;         /* network order; raw sockets have none */
	u16 remote_port;
	u32 ifindex;            /* of the device that it is bound to */
};

/* The sockets that share a tuple. This map's size and the next one's are set by the loader. */
struct tuple {
	u64 count;
	u64 ids;                /* their sum */
	u64 first;              /* id of the first of them */
	u64 start;              /* of the process that they all have had, with its pid */
	u32 pid;
	u32 differ;             /* whether they have not */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct socket_key);
	__type(value, struct tuple);
} tuples SEC(".maps");

struct tracked {
	struct socket_owner known;
	struct socket_key key;
	u64 of;                 /* id of the MPTCP connection that this is a subflow of */
};

/* The same sockets by their ids, the addresses of their struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, struct tracked);
} tracked SEC(".maps");

/* Whether sockets are missing because the maps were full: then none is certain to be the one that gets a packet. */
bool incomplete;
/* Whether there has been a socket that is bound to a device: some look-ups less for most machines. */
bool bound_to_device;

ONCE int note_untracked(void)
{
	struct counters *c = my_counters();

	incomplete = true;
	if (c)
		c->untracked++;
	return 0;
}

/* Whether no helper finds sockets of a protocol. Who gets an answer by ICMP is told by its identifier, see flows.h. */
static __always_inline bool has_no_lookup(u32 protocol)
{
	return !(protocol & FRAGMENT) && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_MPTCP &&
	       !is_icmp(protocol);
}

/* The key of a socket as it is now. False if nothing can come in for it, yet or any more. */
static __always_inline bool socket_key(struct socket_key *key, const struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__be32 remote;

	key->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	key->protocol = BPF_CORE_READ(sk, sk_protocol);
	key->ifindex = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	if (BPF_CORE_READ(sk, sk_type) == SOCK_RAW) {
		if (has_ports(key->protocol) || is_icmp(key->protocol))
			return false;   /* it gets copies of what others get */
	} else if (has_ports(key->protocol)) {
		key->local_port = bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
		key->remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
		if (!key->local_port)
			return false;
	} else {
		return false;
	}
	if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&key->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&key->remote, sk, __sk_common.skc_v6_daddr);
		if (BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only) &&
		    !key->local[0] && !key->local[1] && !key->local[2] && !key->local[3])
			key->protocol |= V6_ONLY;
	} else if (family == AF_INET) {
		map4(key->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if (remote)
			map4(key->remote, remote);
	} else {
		return false;
	}
	return true;
}

static __always_inline void compare_owner(struct tuple *tuple, const struct owner *owner)
{
	if (tuple->pid != owner->pid || tuple->start != owner->start)
		tuple->differ = true;
}

static __always_inline void leave_tuple(const struct socket_key *key, u64 id)
{
	struct tuple *tuple = bpf_map_lookup_elem(&tuples, key);

	if (!tuple)
		return;
	__sync_fetch_and_add(&tuple->ids, -id);
	__sync_fetch_and_add(&tuple->count, -1);
	if (!tuple->count)
		bpf_map_delete_elem(&tuples, key);
}

static __always_inline bool same_key(const struct socket_key *a, const struct socket_key *b)
{
	const u32 *p = (const u32 *)a, *q = (const u32 *)b;
	u32 i, differing = 0;

	for (i = 0; i < sizeof(*a) / 4; i++)
		differing |= p[i] ^ q[i];
	return !differing;
}

/* No hook tells of the end of a socket that the kernel has opened for itself: it is taken out when it is met. What has
 * been its memory says other things then (its port is zero before it is freed). Returns whether it is gone. No whole key
 * is made for that: the stack is small, above all where pids are those of a namespace. */
static __noinline bool leave_if_gone(struct tracked *socket, u64 id)
{
	const struct sock *sk = (const struct sock *)id;

	if (socket->known.owner.found != FOUND_KERNEL ||
	    (is_kernel_socket(sk) && BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == socket->key.netns &&
	     (!socket->key.local_port || bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num)) == socket->key.local_port)))
		return false;
	leave_tuple(&socket->key, id);
	bpf_map_delete_elem(&tracked, &id);
	return true;
}

static __always_inline void enter_tuple(const struct socket_key *key, u64 id, const struct socket_owner *known)
{
	struct tuple *tuple = bpf_map_lookup_elem(&tuples, key);
	struct tuple new = {.first = id, .start = known->owner.start, .pid = known->owner.pid};
	struct tracked *first;

	if (tuple) {
		first = bpf_map_lookup_elem(&tracked, &tuple->first);
		if (first && leave_if_gone(first, tuple->first))
			tuple = bpf_map_lookup_elem(&tuples, key);
	}
	if (!tuple) {
		bpf_map_update_elem(&tuples, key, &new, BPF_NOEXIST);  /* another CPU may be faster */
		tuple = bpf_map_lookup_elem(&tuples, key);
		if (!tuple) {
			note_untracked();
			return;
		}
	}
	if (key->ifindex)
		bound_to_device = true;
	compare_owner(tuple, &known->owner);
	__sync_fetch_and_add(&tuple->count, 1);
	__sync_fetch_and_add(&tuple->ids, id);
}

/* The owner of a socket that is tracked has changed. */
static __always_inline void track_owner(struct tracked *old, const struct socket_owner *known)
{
	struct tuple *tuple = bpf_map_lookup_elem(&tuples, &old->key);

	if (tuple)
		compare_owner(tuple, &known->owner);
	old->known = *known;
}

/* A socket can get packets from now on, or others than before. */
static __always_inline void track_as(const struct socket_owner *known, const struct tracked *new, u64 id)
{
	struct tracked *old = bpf_map_lookup_elem(&tracked, &id);

	if (old) {
		track_owner(old, known);
		if (same_key(&old->key, &new->key))
			return;
		leave_tuple(&old->key, id);
		old->key = new->key;
	} else if (bpf_map_update_elem(&tracked, &id, new, BPF_ANY)) {
		note_untracked();
		return;
	}
	if (new->key.netns)
		enter_tuple(&new->key, id, known);
}

/* The id of the MPTCP connection that a TCP socket is a subflow of; 0: it is none. */
static __always_inline u64 connection_of(const struct sock *sk)
{
	struct mptcp_subflow_context *subflow;

	if (!bpf_core_field_exists(struct tcp_sock, is_mptcp) ||
	    !BPF_CORE_READ_BITFIELD_PROBED((const struct tcp_sock *)sk, is_mptcp))
		return 0;
	subflow = BPF_CORE_READ((const struct inet_connection_sock *)sk, icsk_ulp_data);
	return subflow ? (u64)BPF_CORE_READ(subflow, conn) : 0;
}

/* of: as connection_of() says. */
static __noinline int track(const struct socket_owner *known, const struct sock *sk, u64 of)
{
	struct tracked new = {.known = *known, .of = of};

	if (!known->owner.pid && !of && is_kernel_socket(sk))
		new.known.owner.found = FOUND_KERNEL;
	if (!socket_key(&new.key, sk))
		__builtin_memset(&new.key, 0, sizeof(new.key));
	track_as(&new.known, &new, (u64)sk);
	return 0;
}

static __always_inline void untrack(const struct sock *sk)
{
	u64 id = (u64)sk;
	struct tracked *old = bpf_map_lookup_elem(&tracked, &id);

	if (!old)
		return;
	leave_tuple(&old->key, id);
	bpf_map_delete_elem(&tracked, &id);
}

/* Whether sockets of a protocol are known by tuple. No bool, so that it can be asked without a jump. */
static __always_inline int is_followed(u32 protocol)
{
	return config.by_tuple || has_no_lookup(protocol);
}

/* Keep what is known of a socket by tuple up to date. TCP sockets are entered by their changes of state alone. */
static __always_inline void follow(const struct socket_owner *known, const struct sock *sk)
{
	u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	u64 id = (u64)sk;
	struct tracked *old;

	if (!is_followed(protocol))
		return;
	if (protocol != IPPROTO_TCP) {
		track(known, sk, 0);
		return;
	}
	old = bpf_map_lookup_elem(&tracked, &id);
	if (old)
		track_owner(old, known);
}

/* Record the current task as the user of a socket. While it is the same one that costs a look-up, so this may sit on the
 * data path. `tracks`: whether what is known of the socket by tuple may change nevertheless. `receives`: it takes what has come
 * in, which another one might have taken. A macro because the verifier wants to see the pointer's type as each hook has it. */
#define record_user(sk, tracks, receives) do { \
	struct socket_owner *known = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE); \
	if (known && (receives)) \
		note_receiver(known, sk); \
	if (known && (update_owner(known, sk) | (tracks))) \
		follow(known, sock_of(sk)); \
} while (0)

#define record_owner(sk) record_user(sk, config.by_tuple, false)

#endif
