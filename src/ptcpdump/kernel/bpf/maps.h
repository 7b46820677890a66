/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* All maps. Sizes marked "set by the loader" depend on the run. */
#ifndef PTCPDUMP_MAPS_H
#define PTCPDUMP_MAPS_H

#include "base_maps.h"

/* a section of its own, so that the loader finds it whole */
const volatile struct config config SEC(".rodata.config") = {.snaplen = 262144, .use_ring = 1};

/* Who uses a socket: the owner as it was then, and where its thread and that one's process are. */
struct socket_owner {
	struct owner owner;
	u64 task, leader;       /* addresses of struct task_struct; see tasks.h for how they are read */
	u64 since;              /* when that was recorded (CLOCK_BOOTTIME, ns) */
	u64 looked;             /* when the process was last seen to have it open still; see is_doubted() */
};

/* Owner of each socket; accepted sockets inherit a copy of their listener's (5.4: BPF_F_CLONE). */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_owner);
} owners SEC(".maps");

/* Packets to user space; size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} packets SEC(".maps");

/* Whether the reader has to be woken (5.5: BPF_F_MMAPABLE). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct reader);
} reader SEC(".maps");

/* Process events have a buffer of their own: a flood of packets must not lose them. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENT_BUFFER);
} events SEC(".maps");

/* A record is put together here: one slot a CPU (max_entries and value_size set by the loader). A per-CPU array could
 * not hold it (32 KiB); indexed by CPU it is safe in hooks that run with bottom halves off. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__uint(value_size, sizeof(struct record) + 262144 + 512);
} scratch SEC(".maps");

/* Source and destination as they stand in the packet. What tells flows apart comes first, see same_tuple(). */
struct packet {
	u32 netns;
	u32 source[4], destination[4];
	__be16 sport, dport;
	u32 protocol;           /* IPPROTO_, with FRAGMENT for fragments that have no ports */
	u32 transport;          /* offset of the transport header */
	__be16 fragment_id;     /* of a first fragment; 0 otherwise */
	u8 version;             /* 4 or 6 */
	u8 tcp_flags;
	u8 icmp_type;           /* of the quoted packet, where one is */
	bool below;             /* comes in at a device below another one, see below.h */
	bool quoted;            /* tuple of a packet quoted in an ICMP error, turned round: as if it had come to its sender */
};

/* What finding an owner needs beside the stack, which is small: the packet's headers, and who has its other end. For tc, where
 * bottom halves are off; other hooks have it where the record's packet will be. */
struct workspace {
	struct packet packet;
	struct owner other;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct workspace);
} workspace SEC(".maps");

/* The same behind a record, before its packet is copied there. */
static __always_inline struct workspace *workspace_in(struct record *r, u32 netns)
{
	struct workspace *work = (struct workspace *)(r + 1);

	__builtin_memset(work, 0, sizeof(*work));
	work->packet.netns = netns;
	return work;
}

struct program_name { char text[EXEC_NAME]; };

struct exec_scratch {
	struct process_event event;
	char data[EXEC_NAME + EXEC_PATH + EXEC_ARGS];
	struct program_name name;       /* a key of `programs`: NULs to its end */
	char path[EXEC_PATH + EXEC_NAME];
	u32 at;                         /* how far a loop over one of them has come, see processes.h */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct exec_scratch);
} exec_scratch SEC(".maps");

/* Connections that are tracked without being translated, or not tracked at all. */
struct untranslated {
	u64 since;              /* when that was last looked up (CLOCK_MONOTONIC ns); 0: not certain */
	u64 misses;             /* packets since then that the table of connections did not know */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flow_key);
	__type(value, struct untranslated);
} untranslated SEC(".maps");

#endif
