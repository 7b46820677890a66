/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Devices below others: ports of a bridge, members of a bond, those that VLANs and macvlans share. What comes in there goes on
 * to the device above, and may be for a socket that is bound to that one, which is not found by the device at hand. */
#ifndef PTCPDUMP_BELOW_H
#define PTCPDUMP_BELOW_H

/* Ports of sockets that are bound to a device (SO_BINDTODEVICE). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_key);
	__type(value, u8);
} bound_ports SEC(".maps");

bool has_bound_ports;           /* there has been any */

/* id: address of a struct sock. */
ONCE int note_bound_port(u64 id)
{
	const struct sock *sk = (const struct sock *)id;
	struct port_key key = {};
	u8 one = 1;

	key.port = bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
	if (!key.port || !BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if))
		return 0;
	key.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	key.protocol = BPF_CORE_READ(sk, sk_protocol);
	if (!bpf_map_lookup_elem(&bound_ports, &key))
		bpf_map_update_elem(&bound_ports, &key, &one, BPF_ANY);
	has_bound_ports = true;
	return 0;
}

/* Whether a socket that is bound to a device has the port that a packet comes in to. */
ONCE int is_bound_port(const struct packet *p)
{
	struct port_key key = {};

	if (!p)
		return false;
	port_key(&key, p, DIRECTION_IN);
	return bpf_map_lookup_elem(&bound_ports, &key) && !is_foreign(p, p->netns, DIRECTION_IN);
}

static __always_inline bool has_upper(struct net_device *dev)
{
	u64 first = (u64)BPF_CORE_READ(dev, adj_list.upper.next);

	return first && first != (u64)dev + bpf_core_field_offset(struct net_device, adj_list.upper);
}

/* Whether what comes in at a device may be for a socket that is bound to one above it. */
static __always_inline bool is_for_above(struct sk_buff *skb, const struct packet *p)
{
	return has_bound_ports && is_bound_port(p) && has_upper(BPF_CORE_READ(skb, dev));
}

#endif
