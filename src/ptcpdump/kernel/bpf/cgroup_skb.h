/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The backend cgroup-skb: packets of sockets, from the network header on, in all namespaces. A packet that comes in is
 * seen once for each socket that gets it; what no socket sends or gets is not seen. */
#ifndef PTCPDUMP_CGROUP_SKB_H
#define PTCPDUMP_CGROUP_SKB_H

static __always_inline int receiver_of(struct bpf_sock *sk, struct owner *owner)
{
	struct bpf_sock *full = bpf_sk_fullsock(sk);

	if (full && full->protocol != IPPROTO_TCP && is_shared(full))
		return NOBODY;
	return holder_of(sk, owner);
}

static __always_inline void attribute_socket(struct __sk_buff *skb, u8 direction, struct packet *p, struct record *r)
{
	struct bpf_sock *sk = skb->sk;
	int found = NO_SOCKET;

	if (direction == DIRECTION_OUT) {
		attribute_egress(skb, false, p, &r->owner, r->time);
		return;
	}
	if (sk)
		found = receiver_of(sk, &r->owner);
	if (found != KNOWN && found != NOBODY)
		attribute_ingress(skb, false, p, &r->owner, r->time);
}

static __always_inline int emit_socket(struct __sk_buff *skb, u8 direction)
{
	u32 slot, netns = netns_of(skb);
	struct workspace *work;
	struct record *r;

	if (!is_watched(netns, skb->ifindex))
		return 1;
	slot = take_slot();
	r = bpf_map_lookup_elem(&scratch, &slot);
	if (!r) {
		count_lost(netns, skb->ifindex);
		return 1;
	}
	r->time = bpf_ktime_get_ns();
	r->netns = netns;
	__builtin_memset(&r->owner, 0, sizeof(r->owner));
	work = workspace_in(r, netns);
	attribute_socket(skb, direction, &work->packet, r);
	r->has_other = other_end_told(skb, false, direction, work);
	if (r->has_other)
		r->other = work->other;
	if (wanted(&r->owner) || other_end_wanted(skb, false, direction, work))
		deliver(skb, r, direction, false);
	give_back(slot);
	return 1;
}

/* the verdict 1 lets every packet pass */
SEC("cgroup_skb/ingress")
int cgroup_ingress(struct __sk_buff *skb)
{
	return emit_socket(skb, DIRECTION_IN);
}

SEC("cgroup_skb/egress")
int cgroup_egress(struct __sk_buff *skb)
{
	return emit_socket(skb, DIRECTION_OUT);
}

#endif
