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

/* Wanted names that a comm can hold: 15 characters and NUL. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, 16);
	__type(value, u8);
} names SEC(".maps");

/* All wanted names. Only whoever runs a new program is looked up here, and selected: executables and what has a name
 * that does not fit into a comm. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct program_name);
	__type(value, u8);
} programs SEC(".maps");

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
	if (config.filter & FILTER_NAME && bpf_map_lookup_elem(&names, o->process_comm))
		return true;
	if (config.filter & FILTER_USER && bpf_map_lookup_elem(&users, &o->uid))
		return true;
	return config.filter & FILTER_CGROUP && bpf_map_lookup_elem(&cgroups, &o->cgroup);
}

/* Whether a process's creator, whose user and cgroup it has, is wanted. */
static __always_inline bool creator_wanted(const struct process_event *e)
{
	if (process_selected(e->creator, e->creator_start))
		return true;
	if (config.filter & FILTER_NAME && bpf_map_lookup_elem(&names, e->creator_comm))
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

/* A process is born: selected with its creator if descendants are, or by the name of the program that it shares; else
 * certainly not by what an earlier process of this pid was. */
static __always_inline void select_born(const struct process_event *e)
{
	struct selected *s;
	u32 creator = e->creator;

	if (!(config.filter & FILTER_PROCESS))
		return;
	s = bpf_map_lookup_elem(&selected, &creator);
	if (config.filter & FILTER_FOLLOW && creator_wanted(e))
		select_process(e->pid, e->start, SELECTED_CHILD);
	else if (s && s->why == SELECTED_NAME && process_selected(creator, e->creator_start))
		select_process(e->pid, e->start, SELECTED_NAME);
	else
		bpf_map_delete_elem(&selected, &e->pid);
}

static __always_inline bool program_wanted(struct exec_scratch *s, const void *name)
{
	__builtin_memset(&s->name, 0, sizeof(s->name));
	return bpf_probe_read_kernel_str(&s->name, sizeof(s->name), name) > 0 &&
	       bpf_map_lookup_elem(&programs, &s->name);
}

/* A process runs a new program: selected by its name, or no longer selected by that of the old one. */
static __always_inline void select_executed(struct exec_scratch *scratch, struct task_struct *task)
{
	const struct process_event *e = &scratch->event;
	struct selected *s;
	u32 pid = e->pid;

	if (!(config.filter & FILTER_NAME))
		return;
	s = bpf_map_lookup_elem(&selected, &pid);
	if (s && s->why != SELECTED_NAME)
		return;
	if (program_wanted(scratch, BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name)) ||
	    (e->name_len && program_wanted(scratch, scratch->data)))
		select_process(pid, e->start, SELECTED_NAME);
	else if (s)
		bpf_map_delete_elem(&selected, &pid);
}

#endif
