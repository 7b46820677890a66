/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who uses a socket: written where the task is at hand, read where only the packet is. */
#ifndef PTCPDUMP_OWNER_H
#define PTCPDUMP_OWNER_H

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
