/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What is told of a task: who it is, since when, whose, and where. */
#ifndef PTCPDUMP_TASK_H
#define PTCPDUMP_TASK_H

static __always_inline u64 start_of(struct task_struct *leader)
{
	if (bpf_core_field_exists(leader->start_boottime))
		return BPF_CORE_READ(leader, start_boottime);
	return BPF_CORE_READ((struct task_struct___before_5_5 *)leader, real_start_time);
}

static __always_inline u64 cgroup_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* A task's name with NULs to its end, for it is compared as a whole; the kernel may leave an older one's rest there. */
static __always_inline void read_comm(char (*to)[16], struct task_struct *task)
{
	__builtin_memset(to, 0, sizeof(*to));
	BPF_CORE_READ_STR_INTO(to, task, comm);
}

/* The user as the host numbers it; bpf_get_current_uid_gid() would say what its user namespace calls it. */
static __always_inline void fill_task(struct owner *o, struct task_struct *task, u8 found)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	u32 host;

	o->start = start_of(leader);
	o->cgroup = cgroup_of(task);
	o->pid = pid_of(leader);
	o->tid = task == leader ? o->pid : tid_of(task);
	host = host_pid_of(leader);
	o->host_pid[0] = host;
	o->host_pid[1] = host >> 8;
	o->host_pid[2] = host >> 16;
	o->uid = BPF_CORE_READ(task, cred, uid.val);
	o->found = found;
	read_comm(&o->comm, task);
	read_comm(&o->process_comm, leader);
}

#endif
