/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who uses a socket: written where the task is at hand, read where only the packet is. */
#ifndef PTCPDUMP_OWNER_H
#define PTCPDUMP_OWNER_H

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

/* The current task is using this socket. Costs a look-up while nothing changes, so it may sit on the data path.
 * A macro because the verifier wants to see the pointer's type as each hook has it. */
#define record_owner(sk) do { \
	struct owner *o = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE); \
	if (o) \
		update_owner(o); \
} while (0)

static __always_inline void update_owner(struct owner *o)
{
	u64 id = current_pid_tgid();

	if (o->pid == id >> 32 && o->tid == (u32)id && o->found == FOUND_SOCKET)
		return;
	fill_task(o, (struct task_struct *)bpf_get_current_task(), FOUND_SOCKET);
}

#endif
