/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The maps that every kernel has (4.10), and what is done with them alone. */
#ifndef PTCPDUMP_BASE_MAPS_H
#define PTCPDUMP_BASE_MAPS_H

#define PERF_CAPTURE 61440      /* bytes of a packet with a perf event, which has 64 KiB at most */

/* The same as `packets` where the kernel has no ring buffer (before 5.8). */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, int);
	__type(value, int);
} packets_perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, int);
	__type(value, int);
} events_perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counters);
} counters SEC(".maps");

/* Packets lost because the buffer was full, by interface. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct interface_key);
	__type(value, u64);
} drops SEC(".maps");

/* Flows whose socket is gone or never was: TIME_WAIT, SYN cookies, ICMP echo. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/* Which other network namespace has an address, as seen from a captured one. An address that two of them have is left
 * out. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct address_key);
	__type(value, struct address_netns);
} addresses SEC(".maps");

static __always_inline struct counters *my_counters(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void count_lost(u32 netns, u32 ifindex)
{
	struct interface_key key = {.netns = netns, .ifindex = ifindex};
	struct counters *c = my_counters();
	u64 *drops_here, none = 0;

	if (c)
		c->lost++;
	drops_here = bpf_map_lookup_elem(&drops, &key);
	if (!drops_here) {
		bpf_map_update_elem(&drops, &key, &none, BPF_NOEXIST);  /* another CPU may be faster */
		drops_here = bpf_map_lookup_elem(&drops, &key);
	}
	if (drops_here)
		__sync_fetch_and_add(drops_here, 1);
}

#endif
