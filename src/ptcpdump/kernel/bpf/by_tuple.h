/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Backends whose hooks can't look up a packet's socket: hooks that only fill `flows`, and the look-up there. */
#ifndef PTCPDUMP_BY_TUPLE_H
#define PTCPDUMP_BY_TUPLE_H

static __always_inline int store_sender(struct __sk_buff *skb, struct bpf_sock *sk)
{
	struct packet p = {};
	struct owner owner;

	if (!socket_owner(sk, &owner) || parse(skb, false, &p))
		return 1;
	p.netns = device_net(skb, ns.inum);
	store_flow(&p, DIRECTION_OUT, &owner, bpf_ktime_get_ns());
	return 1;
}

/* Sees the socket of whatever is sent, before any device does: so the answer finds its owner. In tc only where what
 * goes out is not captured (-Q in). */
SEC("cgroup_skb/egress")
int sent_packet(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk ? store_sender(skb, sk) : 1;
}

/* The same in tc for what passes through from other namespaces and has no socket that can be looked up: echo requests
 * above all. */
SEC("cgroup_skb/egress")
int sent_echo(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *full;

	if (!sk)
		return 1;
	full = bpf_sk_fullsock(sk);
	if (!full || full->protocol == IPPROTO_TCP || full->protocol == IPPROTO_UDP)
		return 1;
	return store_sender(skb, full);
}

SEC("cgroup/sock_release") /* 5.9 */
int sock_release(struct bpf_sock *ctx)
{
	struct flow_key key = {};

	if (socket_tuple(&key, (const struct sock *)ctx) && !key.remote_port)
		bpf_map_delete_elem(&flows, &key);
	return 1;
}

static __always_inline bool translated_by_tuple(struct sk_buff *skb, struct packet *p, u8 direction,
					       const struct flow *known, struct owner *owner, u64 now)
{
	struct packet original;

	if (!config.other_netns || p->quoted)
		return false;
	if (direction == DIRECTION_OUT && attached_original(skb, p, &original) &&
	    other_netns_by_tuple(&original, owner)) {
		owner->found = FOUND_TRANSLATED;
		store_translated(p, owner, now);
		return true;
	}
	return use_flow(known, owner, FOUND_TRANSLATED);
}

static __always_inline bool attribute_by_tuple(struct sk_buff *skb, struct packet *p, u8 direction, struct owner *owner,
					   u64 now)
{
	struct flow *known = lookup_flow(p, direction, now);

	if (use_flow(known, owner, 0)) {
		store_fragment(p, direction, owner, now);
		return true;
	}
	if (translated_by_tuple(skb, p, direction, known, owner, now) || forwarded_owner(NULL, p, direction, owner))
		return true;
	if (p->quoted || !config.peer_match)
		return false;
	if (!flow_owner(p, direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT, owner, now, 0))
		return false;
	owner->found = FOUND_PEER;
	return true;
}

/* As other_end_wanted() in attribute.h */
static __always_inline bool other_end_wanted_by_tuple(const struct packet *p, u8 direction, struct owner *owner, u64 now)
{
	u8 other = direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT;

	if (!config.filter || !config.peer_match || is_icmp_error(p))
		return false;
	if (!flow_owner(p, other, owner, now, 0) && !forwarded_owner(NULL, p, other, owner))
		return false;
	owner->found = FOUND_PEER;
	return wanted(owner);
}

#endif
