/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the loader and the programs for kernels before 5.10 tell each other, included by both sides. */
#ifndef PTCPDUMP_PLACES_H
#define PTCPDUMP_PLACES_H

#include "record.h"

/* For kernels without type information: where they keep what, as found out at run time (loading/offsets.py). */
struct places {
	u32 leader;             /* in struct task_struct, as the next: group_leader */
	u32 start;              /* start_boottime, real_start_time before 5.5 */
	u32 comm;
	u32 ids;                /* pid, and tgid behind it */
	u32 parent;             /* real_parent */
	u32 mm;
	u32 arguments;          /* in struct mm_struct: arg_start, arg_end, env_start, env_end; 0: not known */
	u32 looker;             /* the loader's thread */
	u64 net;                /* struct net of the captured network namespace; 0: not known yet */
	u32 netns;              /* its inode */
	u32 unused;
};

#define VIEW 8192

/* What there is in the kernel's memory, for the loader. */
struct view {
	u64 address;            /* asked for; 0: the loader's own task */
	u64 task;               /* answered: where that is */
	u64 size;               /* bytes that could be read */
	u8 bytes[VIEW];
};

#endif
