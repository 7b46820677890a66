/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Tasks of kernels without type information: where their members are, loading/offsets.py has found out by looking at our
 * own. Raw tracepoints: Linux 4.17. */
#ifndef PTCPDUMP_PLAIN_TASKS_H
#define PTCPDUMP_PLAIN_TASKS_H

/* One entry, written by the loader before the programs that need it are attached. Offsets are bytes into
 * struct task_struct. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct places);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct view);
} views SEC(".maps");

/* Until it is proved that they are right they hold for the loader's thread alone. */
static __always_inline struct places *my_places(void)
{
	u32 zero = 0;
	struct places *p = bpf_map_lookup_elem(&places, &zero);

	return p && p->looker && p->looker != (u32)bpf_get_current_pid_tgid() ? NULL : p;
}

/* The loader's thread gives itself a name: show it the memory that it asks for, its own task first. */
SEC("raw_tp/task_rename")
int look(struct bpf_raw_tracepoint_args *ctx)
{
	u32 zero = 0;
	struct places *p = my_places();
	struct view *view = bpf_map_lookup_elem(&views, &zero);
	void *from;

	if (!p || !view || !p->looker)
		return 0;
	view->task = bpf_get_current_task();
	from = (void *)(view->address ? view->address : view->task);
	view->size = 0;
	if (bpf_probe_read(view->bytes, VIEW / 2, from))
		return 0;
	view->size = VIEW / 2;
	if (!bpf_probe_read(view->bytes + VIEW / 2, VIEW / 2, from + VIEW / 2))
		view->size = VIEW;
	return 0;
}

/* The current task as the owner of what it does. Pids are those of the initial pid namespace, so the loader attaches
 * nothing in another one. */
static __always_inline bool fill_owner(struct owner *owner, const struct places *p, u8 found)
{
	u64 id = bpf_get_current_pid_tgid(), leader = 0;

	__builtin_memset(owner, 0, sizeof(*owner));
	if (!(id >> 32) || bpf_probe_read(&leader, sizeof(leader), (void *)bpf_get_current_task() + p->leader) ||
	    bpf_probe_read(&owner->start, sizeof(owner->start), (void *)leader + p->start) ||
	    bpf_probe_read_str(owner->process_comm, sizeof(owner->process_comm), (void *)leader + p->comm) < 0)
		return false;
	owner->pid = id >> 32;
	owner->tid = id;
	owner->uid = bpf_get_current_uid_gid();
	owner->found = found;
	bpf_get_current_comm(owner->comm, sizeof(owner->comm));
	return true;
}

#endif
