/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who uses a socket: written where the task is at hand, read where only the packet is. */
#ifndef PTCPDUMP_OWNER_H
#define PTCPDUMP_OWNER_H

static __always_inline void fill_owner(struct socket_owner *to, struct task_struct *task, u8 found)
{
	to->task = (u64)task;
	to->leader = (u64)BPF_CORE_READ(task, group_leader);
#ifndef BEFORE_5_17
	to->since = bpf_ktime_get_boot_ns();
	to->looked = 0;
#endif
	fill_task(&to->owner, task, found);
}

/* A task, by its address, uses the socket from now on. */
ONCE int set_owner(struct socket_owner *known, u64 task)
{
	if (known)
		fill_owner(known, (struct task_struct *)task, FOUND_SOCKET);
	return 0;
}

/* Sockets that the kernel opened for itself (tunnels, network file systems) belong to no process, whichever was current
 * then. Those of MPTCP's subflows are its, too: see kernel_socket_owner(). */
static __always_inline bool is_kernel_socket(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock);
}

/* Whether the current task is the one that is known. Of one thread that runs a program and so becomes the first of its
 * process, id and pid are the same as before. */
static __always_inline bool is_same_task(const struct socket_owner *known, u64 id)
{
	return known->owner.pid == id >> 32 && known->owner.tid == (u32)id && known->task == (u64)current_task();
}

/* Returns whether another task than before uses the socket. */
static __always_inline bool update_owner(struct socket_owner *known, const void *sk)
{
	u64 id = current_pid_tgid();

	if ((is_same_task(known, id) && known->owner.found == FOUND_SOCKET) || is_kernel_socket(sock_of(sk)))
		return false;
	set_owner(known, (u64)current_task());
	return true;
}

/* What a packet needs to know of a socket's owner: as it is now, not as it was when it was recorded. Returns false if the
 * process has ended. */
ONCE int live_owner(const struct socket_owner *known, struct owner *owner)
{
	struct task_state state;
	struct task_struct *task;

	if (!known || !owner)
		return false;
	*owner = known->owner;
	read_state(&state, known->leader);
	if (state.start != owner->start || !state.running)
		return false;
	owner->cgroup = state.cgroup;
	if (owner->tid == owner->pid) {
		owner->uid = state.uid;
		task = (struct task_struct *)known->leader;
	} else {
		/* the thread that used it last, if it is still there: a user of its own is rare, but possible */
		task = (struct task_struct *)known->task;
		if (tid_of(task) != owner->tid || (u64)BPF_CORE_READ(task, group_leader) != known->leader)
			task = NULL;
	}
	read_comm_now(&owner->process_comm, known->leader);
	if (owner->tid == owner->pid) {
		__builtin_memcpy(owner->comm, owner->process_comm, sizeof(owner->comm));
	} else if (task) {
		owner->uid = BPF_CORE_READ(task, cred, uid.val);
		read_comm_now(&owner->comm, known->task);
	}
	return true;
}

#endif
