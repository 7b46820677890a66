/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The backends of ends.h: hooks that only tell `flows` of sockets, and how a packet finds its owner there. */
#ifndef PTCPDUMP_NOTES_H
#define PTCPDUMP_NOTES_H

static __always_inline int note(struct __sk_buff *skb, struct bpf_sock *sk)
{
	struct packet p = {};
	struct owner owner;

	if (!socket_owner(sk, &owner) || parse(skb, false, &p))
		return 1;
	p.netns = device_net(skb, ns.inum);
	remember(&p, DIRECTION_OUT, &owner, bpf_ktime_get_ns());
	return 1;
}

/* Sees the socket of whatever is sent, before any device does: so the answer finds its owner. In tc only where what
 * goes out is not captured (-Q in). */
SEC("cgroup_skb/egress")
int note_sent(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk ? note(skb, sk) : 1;
}

/* The same in tc for what passes through from other namespaces and has no socket that can be looked up: echo requests
 * above all. */
SEC("cgroup_skb/egress")
int note_echo(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *full;

	if (!sk)
		return 1;
	full = bpf_sk_fullsock(sk);
	if (!full || full->protocol == IPPROTO_TCP || full->protocol == IPPROTO_UDP)
		return 1;
	return note(skb, full);
}

SEC("cgroup/sock_release") /* 5.9 */
int sock_release(struct bpf_sock *ctx)
{
	struct flow_key key = {};

	if (socket_ends(&key, (const struct sock *)ctx) && !key.remote_port)
		bpf_map_delete_elem(&flows, &key);
	return 1;
}

static __always_inline bool translated_by_ends(struct sk_buff *skb, struct packet *p, u8 direction,
					       const struct flow *known, struct owner *owner, u64 now)
{
	struct packet original;

	if (!config.neighbours || p->quoted)
		return false;
	if (direction == DIRECTION_OUT && attached_original(skb, p, &original) &&
	    neighbour_by_ends(&original, owner)) {
		owner->found = FOUND_TRANSLATED;
		remember_translated(p, owner, now);
		return true;
	}
	return take(known, owner, FOUND_TRANSLATED);
}

static __always_inline bool attribute_ends(struct sk_buff *skb, struct packet *p, u8 direction, struct owner *owner,
					   u64 now)
{
	struct flow *known = flow_of(p, direction, now);

	if (take(known, owner, 0)) {
		remember_fragment(p, direction, owner, now);
		return true;
	}
	if (translated_by_ends(skb, p, direction, known, owner, now) || forwarded_owner(NULL, p, direction, owner))
		return true;
	if (p->quoted || !config.peer_match)
		return false;
	if (!recall(p, direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT, owner, now, 0))
		return false;
	owner->found = FOUND_PEER;
	return true;
}

/* As other_end_wanted() in attribute.h */
static __always_inline bool other_end_wanted_by_ends(const struct packet *p, u8 direction, struct owner *owner, u64 now)
{
	u8 other = direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT;

	if (!config.filter || !config.peer_match || is_icmp_error(p))
		return false;
	if (!recall(p, other, owner, now, 0) && !forwarded_owner(NULL, p, other, owner))
		return false;
	owner->found = FOUND_PEER;
	return wanted(owner);
}

#endif
