/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The way of packets to user space while nobody waits for each of them: one buffer a CPU in memory shared with the
 * reader. A record is put together where the reader finds it, and no CPU waits for another one's lock. Only for hooks
 * that no other packet interrupts: those that run with bottom halves off. */
#ifndef PTCPDUMP_LANES_H
#define PTCPDUMP_LANES_H

#define MAX_CAPTURE (1 << 18)           /* bytes of a packet, at most; the tag comes on top */

/* One entry a CPU, each a struct lane with config.lane bytes of records and room for one that begins at their end
 * (max_entries and value_size set by the loader). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__uint(value_size, 4096);
} lanes SEC(".maps");

static __always_inline struct lane *my_lane(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&lanes, &cpu);
}

/* Where the next record of `captured` bytes at most goes; NULL where the lane is full. */
static __always_inline struct record *lane_place(struct lane *lane, u32 captured)
{
	u64 used = lane->produced - lane->consumed;

	if (used + sizeof(struct record) + captured + 8 > config.lane)
		return NULL;
	return (void *)(lane + 1) + (lane->produced & (config.lane - 8));
}

/* The record is whole: the reader may have it. Stores are seen in their order on x86; elsewhere the exchange is a
 * barrier, which waits for memory that the reader has touched last. */
static __always_inline void lane_publish(struct lane *lane, u32 total)
{
#ifdef __TARGET_ARCH_x86
	u64 produced = lane->produced + ((total + 7) & ~7U);

	barrier();
	*(volatile u64 *)&lane->produced = produced;
#elif !defined(BEFORE_5_17)     /* where there are no lanes then: older kernels don't know this instruction */
	__sync_lock_test_and_set(&lane->produced, lane->produced + ((total + 7) & ~7U));
#endif
}

#endif
