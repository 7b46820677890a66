/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Owners by the addresses and ports of their sockets (tuples), for backends that can't look up the socket that a packet
 * is for. A socket is entered into `flows` when it is bound, listens, connects and sends (config.socket_flows). */
#ifndef PTCPDUMP_TUPLES_H
#define PTCPDUMP_TUPLES_H

/* The key of a socket in `flows`. Unconnected sockets are known by their local address alone, unspecified addresses are
 * zeros. */
static __always_inline bool socket_tuple(struct flow_key *key, const struct sock *sk)
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
static __always_inline void store_tuple(const struct sock *sk, const struct owner *owner, u64 time)
{
	struct flow_key key = {};
	struct flow flow = {.time = time};

	if (!config.socket_flows || !owner->pid || !socket_tuple(&key, sk))
		return;
	flow.owner = *owner;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* A macro as record_owner() is. */
#define store_socket(sk, time) do { \
	struct owner *known = config.socket_flows ? bpf_sk_storage_get(&owners, sk, 0, 0) : NULL; \
	if (known) \
		store_tuple((const struct sock *)(sk), known, time); \
} while (0)

#endif
