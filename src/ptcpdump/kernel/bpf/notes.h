/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The backends of ends.h: hooks that only tell `flows` of sockets, and how a packet finds its owner there. */
#ifndef PTCPDUMP_NOTES_H
#define PTCPDUMP_NOTES_H

/* Sees the socket of whatever is sent, before any device does: so the answer finds its owner. In tc only where what
 * goes out is not captured (-Q in). */
SEC("cgroup_skb/egress")
int note_sent(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct packet p = {};
	struct owner owner;

	if (!sk || !socket_owner(sk, &owner) || parse(skb, false, &p))
		return 1;
	p.netns = device_netns(skb);
	remember(&p, DIRECTION_OUT, &owner, bpf_ktime_get_ns());
	return 1;
}

SEC("cgroup/sock_release") /* 5.9 */
int sock_release(struct bpf_sock *ctx)
{
	struct flow_key key = {};

	if (socket_ends(&key, (const struct sock *)ctx) && !key.remote_port)
		bpf_map_delete_elem(&flows, &key);
	return 1;
}

static __always_inline bool attribute_ends(struct packet *p, u8 direction, struct owner *owner, u64 now)
{
	if (recall(p, direction, owner, now, 0)) {
		remember_fragment(p, direction, owner, now);
		return true;
	}
	if (p->quoted || !config.peer_match)
		return false;
	if (!recall(p, direction == DIRECTION_OUT ? DIRECTION_IN : DIRECTION_OUT, owner, now, 0))
		return false;
	owner->found = FOUND_PEER;
	return true;
}

#endif
