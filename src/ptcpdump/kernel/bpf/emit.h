/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A packet with its owner to user space. */
#ifndef PTCPDUMP_EMIT_H
#define PTCPDUMP_EMIT_H

#define TAGGED 16                     /* bytes of two MAC addresses and a VLAN tag */

/* Whether the reader has seen all that came and waits for the next packet: that one wakes it, and the flood that may
 * follow does not. A reader that goes to sleep just now may be missed: it looks once more before it sleeps for long. */
static __always_inline bool reader_sleeps(void)
{
	struct reader *r;
	u32 zero = 0;

	r = bpf_map_lookup_elem(&reader, &zero);
	if (!r || !*(volatile u64 *)&r->asleep)
		return false;
	*(volatile u64 *)&r->asleep = 0;
	return true;
}

/* A wake-up costs more than many packets: whether as many have come as are worth one. */
static __always_inline bool batch_came(struct counters *c, u64 size)
{
	c->waiting += size;
	if (c->waiting < config.wake_every)
		return false;
	c->waiting = 0;
	return true;
}

/* A reader that is awake looks often enough by itself: it need not be woken even for a batch. */
static __always_inline u64 wake_flags(struct counters *c, u64 size)
{
	if (config.immediate)
		return 0;
	if (reader_sleeps())
		return BPF_RB_FORCE_WAKEUP;
	if (!batch_came(c, size) || bpf_ringbuf_query(&packets, BPF_RB_AVAIL_DATA) < config.wake_every)
		return BPF_RB_NO_WAKEUP;
	return BPF_RB_FORCE_WAKEUP;
}

/* The same for a lane: the ring then is just a bell. */
static __always_inline void wake_for_lane(struct counters *c, struct lane *lane, u32 size)
{
	u64 nothing = 0;

	if (reader_sleeps() || (batch_came(c, size) && lane->produced - lane->consumed >= config.wake_every))
		bpf_ringbuf_output(&packets, &nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
}

/* At most MAX_CAPTURE bytes of a packet. Linux up to 6.1 learns nothing from size != 0: it is told the bounds in
 * a way that it follows. */
static __always_inline int load_bytes(struct __sk_buff *skb, u32 offset, char *to, u32 size)
{
	if (size == 0)
		return 0;
	barrier_var(size);
	return bpf_skb_load_bytes(skb, offset, to, ((size - 1) & (MAX_CAPTURE - 1)) + 1);
}

/* The tag goes back where it was on the wire: behind the two MAC addresses. A snapshot length below TAGGED cuts off
 * some of these 16 bytes, which are written all the same: there is room for them. */
static __always_inline int load_tagged(struct __sk_buff *skb, char *to, u32 size, u32 tag)
{
	if (bpf_skb_load_bytes(skb, 0, to, 12))
		return -1;
	*(__be32 *)(to + 12) = bpf_htonl(tag);
	return size > TAGGED ? load_bytes(skb, 12, to + TAGGED, size - TAGGED) : 0;
}

/* The bytes of a packet behind its record. */
static __always_inline int load_packet(struct __sk_buff *skb, struct record *r, u32 size)
{
	char *data = (char *)(r + 1);

	if (!r->has_tag)
		return load_bytes(skb, 0, data, size);
	r->has_tag = 0;
	return load_tagged(skb, data, size, r->tag);
}

static __always_inline void emit_ring(struct __sk_buff *skb, struct record *r, u32 size, struct counters *c)
{
	u64 total;

	if (size > MAX_CAPTURE)
		size = MAX_CAPTURE;
	total = sizeof(*r) + size;
	if (load_packet(skb, r, size) || bpf_ringbuf_output(&packets, r, total, wake_flags(c, total + 8)))
		count_lost(r->netns, r->ifindex);
}

static __always_inline void emit_lane(struct __sk_buff *skb, struct record *r, u32 size, struct counters *c,
				      struct lane *lane)
{
	if (size > MAX_CAPTURE)
		size = MAX_CAPTURE;
	if (load_packet(skb, r, size)) {
		count_lost(r->netns, r->ifindex);
		return;
	}
	lane_publish(lane, sizeof(*r) + size);
	wake_for_lane(c, lane, sizeof(*r) + size);
}

static __always_inline void emit_perf(struct __sk_buff *skb, struct record *r, u32 size)
{
	u64 flags = BPF_F_CURRENT_CPU;

	if (r->has_tag)
		size = size > 4 ? size - 4 : 0;
	if (size > PERF_CAPTURE)
		size = PERF_CAPTURE;
	r->captured = size;
	flags |= (u64)size << 32;
	if (bpf_perf_event_output(skb, &packets_perf, flags, r, sizeof(*r)))
		count_lost(r->netns, r->ifindex);
}

static __always_inline u32 netns_of(struct __sk_buff *skb)
{
	return config.netns ? config.netns : device_net(skb, ns.inum);
}

/* What the record says of the packet itself. */
static __always_inline void describe_packet(struct __sk_buff *skb, struct record *r, u8 direction, bool link)
{
	u32 size = skb->len;

	r->has_tag = 0;
	if (link && skb->vlan_present) {
		r->has_tag = 1;
		r->tag = (u32)bpf_ntohs(skb->vlan_proto) << 16 | (skb->vlan_tci & 0xffff);
		size += 4;
	}
	r->length = size;
	r->captured = size > config.snaplen ? config.snaplen : size;
	r->ifindex = skb->ifindex;
	r->direction = direction;
}

/* A packet whose owner is known, and wanted, goes to user space. */
static __always_inline void deliver(struct __sk_buff *skb, struct record *r, u8 direction, bool link)
{
	struct counters *c = my_counters();

	if (!c)
		return;
	c->received++;
	describe_packet(skb, r, direction, link);
	if (config.use_ring)
		emit_ring(skb, r, r->captured, c);
	else
		emit_perf(skb, r, r->captured);
}

/* The same through this CPU's lane. other: who has the other end; NULL: that is not told. */
static __always_inline void deliver_lane(struct __sk_buff *skb, const struct owner *owner, const struct owner *other,
					 u64 now, u32 netns, u8 direction, bool link)
{
	struct counters *c = my_counters();
	struct lane *lane = my_lane();
	u32 most = skb->len + 4;
	struct record *r;

	if (most > config.snaplen)
		most = config.snaplen;
	if (most < TAGGED)
		most = TAGGED;

	if (!c || !lane)
		return;
	c->received++;
	r = lane_place(lane, most);
	if (!r) {
		count_lost(netns, skb->ifindex);
		return;
	}
	r->time = now;
	r->netns = netns;
	r->owner = *owner;
	r->has_other = other != NULL;
	if (other)
		r->other = *other;
	describe_packet(skb, r, direction, link);
	emit_lane(skb, r, r->captured, c, lane);
}

static __always_inline void emit(struct __sk_buff *skb, u8 direction, bool link)
{
	u32 cpu = bpf_get_smp_processor_id(), netns = netns_of(skb), zero = 0;
	u64 now = bpf_ktime_get_ns();
	struct workspace *work = bpf_map_lookup_elem(&workspace, &zero);
	struct owner owner = {};
	struct record *r;
	bool told;

	if (!work)
		return;
	__builtin_memset(&work->packet, 0, sizeof(work->packet));
	work->packet.netns = netns;
	if (direction == DIRECTION_OUT)
		attribute_egress(skb, link, &work->packet, &owner, now);
	else
		attribute_ingress(skb, link, &work->packet, &owner, now);
	told = other_end_told(skb, link, direction, work);
	if (!wanted(&owner) && !other_end_wanted(skb, link, direction, work))
		return;
	if (config.lane) {
		deliver_lane(skb, &owner, told ? &work->other : NULL, now, netns, direction, link);
		return;
	}
	r = bpf_map_lookup_elem(&scratch, &cpu);
	if (!r)
		return;
	r->time = now;
	r->netns = netns;
	r->owner = owner;
	r->has_other = told;
	if (told)
		r->other = work->other;
	deliver(skb, r, direction, link);
}

#endif
