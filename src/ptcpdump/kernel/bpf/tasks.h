/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a task is now, and whether it is the one that a packet is sent by. Tasks are known by address: it is kept with a
 * socket, and what is found there later is believed only if it began when our task did. */
#ifndef PTCPDUMP_TASKS_H
#define PTCPDUMP_TASKS_H

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* As current_pid_tgid(); tc programs may ask the kernel's helper from 6.10 on. */
static __always_inline u64 current_id(void)
{
	struct task_struct *task;

	if (config.current_in_tc)
		return current_pid_tgid();
	task = current_task();
	return (u64)pid_of(BPF_CORE_READ(task, group_leader)) << 32 | tid_of(task);
}

/* What may change while a process lives. */
struct task_state {
	u64 start, cgroup;
	u32 uid;
	bool running;           /* one of its threads at least, which may be closing the process's files still */
};

static __always_inline void read_state(struct task_state *state, u64 leader)
{
	struct task_struct *task = (struct task_struct *)leader;

	if (CAN_CAST) {
		task = CAST(leader, task_struct);
		state->start = task->start_boottime;
		state->cgroup = task->cgroups->dfl_cgrp->kn->id;
		state->uid = task->cred->uid.val;
		state->running = !task->exit_state || task->signal->nr_threads > 1;
	} else {
		state->start = start_of(task);
		state->cgroup = cgroup_of(task);
		state->uid = BPF_CORE_READ(task, cred, uid.val);
		state->running = !BPF_CORE_READ(task, exit_state) || BPF_CORE_READ(task, signal, nr_threads) > 1;
	}
}

/* Whether a process still runs, and is the one that was there before: by its first thread and when that began. */
static __always_inline bool is_running(u64 leader, u64 start)
{
	struct task_state state;

	read_state(&state, leader);
	return state.start == start && state.running;
}

/* The bytes of a word up to its first NUL, in memory's order, and NULs behind it. */
static __always_inline u64 up_to_nul(u64 word, bool *ends)
{
	u64 nul = (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;

	*ends = nul;
	return nul ? word & (((nul & -nul) >> 7) - 1) : word;
}

/* As read_comm(), for each packet: two loads where the kernel lets us, instead of a helper that reads byte by byte. */
static __always_inline void read_comm_now(char (*to)[16], u64 address)
{
	const u64 *comm;
	bool ends;
	u64 text[2];

	if (!CAN_CAST || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
		read_comm(to, (struct task_struct *)address);
		return;
	}
	comm = (const u64 *)CAST(address, task_struct)->comm;
	text[0] = up_to_nul(comm[0], &ends);
	text[1] = ends ? 0 : up_to_nul(comm[1], &ends);
	__builtin_memcpy(to, text, sizeof(*to));
}

/* what a task has entered the kernel with: a system call's first arguments and number */
#if defined(__TARGET_ARCH_arm64)
struct pt_regs { u64 regs[31]; s32 syscallno; } CORE;
#else
struct pt_regs { unsigned long di, si; long orig_ax; } CORE;
#endif

#define THREAD_SIZE 16384       /* at least */

/* Whether this runs for the current task's system call, not in an interrupt that only came while that task ran: interrupts
 * have a stack of their own, unless they come in user mode. `here`: an address on the kernel's stack. */
static __always_inline bool in_task(u64 here)
{
	struct task_struct *task = current_task();

	if (here - (u64)BPF_CORE_READ(task, stack) >= THREAD_SIZE || BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return false;
#if defined(__TARGET_ARCH_x86) && !defined(BEFORE_5_17)
	if (config.current_in_tc &&
	    BPF_CORE_READ((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), orig_ax) < 0)
		return false;
#endif
	return true;
}

/* Where the stack of a program of tc and of cgroups is. Tracing programs may have one of their own (6.13), but their
 * context lies on the kernel's. */
static __always_inline u64 stack_here(void)
{
	u64 here = 0;

	return address_of(&here);
}

#define FILES 512       /* descriptors that are looked at, the first ones */

/* Whether a task has a socket open. `socket` is the address of a struct socket. */
#ifdef BEFORE_5_13
/* too much for the verifier to look at wherever it is called */
static __always_inline int has_open(u64 address, u64 socket, u32 first_look)
{
	return false;
}
#else
struct open_file {
	u64 files;              /* address of the table: of its first struct file * */
	u64 socket;
	u64 found;
};

static __always_inline bool is_file_of(u64 files, u32 descriptor, u64 socket)
{
	struct file *file;

	return !bpf_probe_read_kernel(&file, sizeof(file), (struct file **)files + descriptor) && file &&
	       (u64)BPF_CORE_READ(file, private_data) == socket;
}

static long look_at_file(u32 descriptor, void *context)
{
	struct open_file *wanted = context;

	wanted->found = is_file_of(wanted->files, descriptor, wanted->socket);
	return wanted->found;
}

ONCE int has_open(u64 address, u64 socket, u32 first_look)
{
	struct task_struct *task = (struct task_struct *)address;
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct open_file wanted = {.files = (u64)BPF_CORE_READ(table, fd), .socket = socket};
	u32 count = BPF_CORE_READ(table, max_fds);

	if (!socket || !wanted.files)
		return false;
	/* the one that the system call is about, most likely */
	if (first_look < count && is_file_of(wanted.files, first_look, socket))
		return true;
	repeat(FILES, count, look_at_file, &wanted);
	return wanted.found;
}
#endif

/* The descriptor that the current system call is given first; any number where we can't tell. */
static __always_inline u32 current_descriptor(void)
{
#if defined(__TARGET_ARCH_x86) && !defined(BEFORE_5_17)
	if (config.current_in_tc)
		return BPF_CORE_READ((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), di);
#endif
	return 0;
}

#endif
