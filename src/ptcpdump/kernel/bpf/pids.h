/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Processes and threads by the numbers that our pid namespace has for them. One that has none there is outside of it, and
 * known by the number of the initial namespace with PID_OUTSIDE added. */
#ifndef PTCPDUMP_PIDS_H
#define PTCPDUMP_PIDS_H

#define PID_LEVELS 32           /* MAX_PID_NS_LEVEL (linux/pid_namespace.h) */

/* task: address of a struct task_struct; number: its pid in the initial namespace. */
ONCE int number_inside(u64 task, u32 number)
{
	struct pid *pid = BPF_CORE_READ((struct task_struct *)task, thread_pid);
	u32 i, levels = BPF_CORE_READ(pid, level) + 1;  /* one number for each, from the initial one on */
	struct upid *upid = (void *)pid + bpf_core_field_offset(struct pid, numbers);

	for (i = 0; i < PID_LEVELS + 1; i++) {
		if (i == levels)
			break;
		if (BPF_CORE_READ(upid, ns, ns.inum) == config.pidns)
			return BPF_CORE_READ(upid, nr);
		upid = (void *)upid + bpf_core_type_size(struct upid);
	}
	return number | PID_OUTSIDE;
}

static __always_inline u32 tid_of(struct task_struct *task)
{
	u32 tid = BPF_CORE_READ(task, pid);

	/* some hooks know their task by type, and such functions take no pointer */
	return config.pidns ? number_inside(address_of(task), tid) : tid;
}

/* leader: the main thread */
static __always_inline u32 pid_of(struct task_struct *leader)
{
	return tid_of(leader);
}

/* The number in the initial namespace, where that is another one than ours; else 0. */
static __always_inline u32 host_pid_of(struct task_struct *leader)
{
	return config.pidns ? BPF_CORE_READ(leader, tgid) : 0;
}

/* As bpf_get_current_pid_tgid(), but for our namespace. */
static __always_inline u64 current_pid_tgid(void)
{
	struct task_struct *task;

	if (!config.pidns)
		return bpf_get_current_pid_tgid();
	task = (struct task_struct *)bpf_get_current_task();
	return (u64)pid_of(BPF_CORE_READ(task, group_leader)) << 32 | tid_of(task);
}

#endif
