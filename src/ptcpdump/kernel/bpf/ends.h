/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Owners by the ends of their sockets, for backends that can't look up the socket that a packet is for. `flows` is told
 * of a socket when it is bound, listens, connects and sends (config.seeded). */
#ifndef PTCPDUMP_ENDS_H
#define PTCPDUMP_ENDS_H

/* The key of a socket in `flows`. Sockets without peer are known by their local end alone, unspecified addresses are
 * zeros. */
static __always_inline bool socket_ends(struct flow_key *key, const struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__be32 local, remote;

	key->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	key->protocol = BPF_CORE_READ(sk, sk_protocol);
	key->local_port = bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
	key->remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&key->local, sk, __sk_common.skc_v6_rcv_saddr);
		if (key->remote_port)
			BPF_CORE_READ_INTO(&key->remote, sk, __sk_common.skc_v6_daddr);
	} else if (family == AF_INET) {
		local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if (local)
			map4(key->local, local);
		if (key->remote_port)
			map4(key->remote, remote);
	} else {
		return false;
	}
	return key->local_port && has_ports(key->protocol);
}

/* `time` as in struct flow */
static __always_inline void note_ends(const struct sock *sk, const struct owner *owner, u64 time)
{
	struct flow_key key = {};
	struct flow flow = {.time = time};

	if (!config.seeded || !owner->pid || !socket_ends(&key, sk))
		return;
	flow.owner = *owner;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* A macro as claim() is. */
#define note_socket(sk, time) do { \
	struct owner *known = config.seeded ? bpf_sk_storage_get(&owners, sk, 0, 0) : NULL; \
	if (known) \
		note_ends((const struct sock *)(sk), known, time); \
} while (0)

#endif
