/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Which owners' packets are wanted. Decided before a packet is copied. */
#ifndef PTCPDUMP_SELECT_H
#define PTCPDUMP_SELECT_H

/* Selected processes, by pid. They stay after their end, for the last packets of their sockets; user space takes them
 * out later, and a new process with the pid at once. Size set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct selected);
} selected SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u8);
} users SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u8);
} cgroups SEC(".maps");

/* Names as the kernel has them: 15 characters and NUL. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, 16);
	__type(value, u8);
} names SEC(".maps");

static __always_inline bool process_selected(u32 pid, u64 start)
{
	struct selected *s = bpf_map_lookup_elem(&selected, &pid);

	if (!s)
		return false;
	if (!s->start)
		s->start = start;       /* chosen by its pid alone: from now on this very process is meant */
	return s->start == start;
}

static __always_inline bool wanted(const struct owner *o)
{
	if (!config.filter)
		return true;
	if (!o->pid)
		return false;
	if (config.filter & FILTER_PROCESS && process_selected(o->pid, o->start))
		return true;
	/* a process that has renamed itself, by its main thread */
	if (config.filter & FILTER_NAME && o->pid == o->tid && bpf_map_lookup_elem(&names, o->comm))
		return true;
	if (config.filter & FILTER_USER && bpf_map_lookup_elem(&users, &o->uid))
		return true;
	return config.filter & FILTER_CGROUP && bpf_map_lookup_elem(&cgroups, &o->cgroup);
}

static __always_inline bool task_wanted(const struct process_event *e, u32 pid, u64 start)
{
	if (process_selected(pid, start))
		return true;
	if (config.filter & FILTER_USER && bpf_map_lookup_elem(&users, &e->uid))
		return true;
	return config.filter & FILTER_CGROUP && bpf_map_lookup_elem(&cgroups, &e->cgroup);
}

static __always_inline void select_process(u32 pid, u64 start, u8 why)
{
	struct selected s = {.start = start, .why = why};
	struct counters *c;

	if (bpf_map_update_elem(&selected, &pid, &s, BPF_ANY)) {
		c = my_counters();
		if (c)
			c->unfollowed++;
	}
}

/* A process is born: selected with its parent, else certainly not by what an earlier process of this pid was. */
static __always_inline void select_born(const struct process_event *e)
{
	if (!(config.filter & FILTER_PROCESS))
		return;
	if (config.filter & FILTER_FOLLOW && task_wanted(e, e->parent, e->parent_start))
		select_process(e->pid, e->start, SELECTED_CHILD);
	else
		bpf_map_delete_elem(&selected, &e->pid);
}

/* A process runs a new program: selected by its name, or no longer selected by that of the old one. */
static __always_inline void select_executed(const struct process_event *e)
{
	struct selected *s;
	u32 pid = e->pid;

	if (!(config.filter & FILTER_NAME))
		return;
	s = bpf_map_lookup_elem(&selected, &pid);
	if (s && s->why != SELECTED_NAME)
		return;
	if (bpf_map_lookup_elem(&names, e->comm))
		select_process(pid, e->start, SELECTED_NAME);
	else if (s)
		bpf_map_delete_elem(&selected, &pid);
}

#endif
