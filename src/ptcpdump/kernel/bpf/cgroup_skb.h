/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The backend cgroup-skb: packets of sockets, from the network header on, in all namespaces. A packet that comes in is
 * seen once for each socket that gets it; what no socket sends or gets is not seen. */
#ifndef PTCPDUMP_CGROUP_SKB_H
#define PTCPDUMP_CGROUP_SKB_H

/* UDP and raw sockets send in the task that asked for it. TCP may send in any, but its tasks are known by hooks. */
static __always_inline void name_thread(struct __sk_buff *skb, struct owner *owner)
{
	struct bpf_sock *sk = skb->sk, *full;
	u64 id;

	if (!sk || !config.current_in_tc)
		return;
	full = bpf_sk_fullsock(sk);
	if (!full || full->protocol == IPPROTO_TCP)
		return;
	id = current_pid_tgid();
	if (id >> 32 != owner->pid)
		return;
	owner->tid = id;
	read_comm(&owner->comm, (struct task_struct *)bpf_get_current_task());
}

static __always_inline void attribute_socket(struct __sk_buff *skb, u8 direction, struct record *r)
{
	struct bpf_sock *sk = skb->sk;

	if (direction == DIRECTION_OUT) {
		attribute_egress(skb, false, r->netns, &r->owner, r->time);
		if (r->owner.found == FOUND_SOCKET)
			name_thread(skb, &r->owner);
	} else if (!sk || !socket_owner(sk, &r->owner)) {
		attribute_ingress(skb, false, r->netns, &r->owner, r->time);
	}
}

static __always_inline int emit_socket(struct __sk_buff *skb, u8 direction)
{
	u32 slot, netns = netns_of(skb);
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
	attribute_socket(skb, direction, r);
	if (wanted(&r->owner) || other_end_wanted(skb, false, direction, netns, &r->owner))
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
