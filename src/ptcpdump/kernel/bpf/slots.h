/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Slots of `scratch` for hooks that another packet may interrupt on the same CPU: a softirq in the middle of a system
 * call, or another task where the kernel is preemptible. Whoever takes a slot marks it (needs atomics, 5.12). */
#ifndef PTCPDUMP_SLOTS_H
#define PTCPDUMP_SLOTS_H

#define SPARE_SLOTS 8   /* shared by all CPUs, for those whose own slot is taken */

/* As many entries as `scratch` has, set by the loader: one for each CPU, then the spare ones. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} taken SEC(".maps");

/* Number of a free slot, or -1. Not inlined, so that the verifier need not follow each outcome to the end. */
__noinline int take_slot(void)
{
	u32 i, slot = bpf_get_smp_processor_id();

	for (i = 0; i <= SPARE_SLOTS; i++) {
		u32 *mark = bpf_map_lookup_elem(&taken, &slot);

		if (mark && !__sync_val_compare_and_swap(mark, 0, 1))
			return slot;
		slot = config.cpus + i;
	}
	return -1;
}

static __always_inline void give_back(u32 slot)
{
	u32 *mark = bpf_map_lookup_elem(&taken, &slot);

	if (mark)
		__sync_lock_test_and_set(mark, 0);
}

/* Interfaces to capture on, for hooks that see those of all namespaces. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct interface_key);
	__type(value, u8);
} watched SEC(".maps");

static __always_inline bool is_watched(u32 netns, u32 ifindex)
{
	struct interface_key key = {.netns = netns, .ifindex = ifindex};

	return config.everywhere || bpf_map_lookup_elem(&watched, &key);
}

#endif
