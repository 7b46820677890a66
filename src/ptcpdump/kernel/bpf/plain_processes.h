/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Births, new images and deaths of processes on kernels before 5.10, see processes.h: places of members are found out at
 * run time (loading/offsets.py). Namespaces and control groups of processes are not told. */
#ifndef PTCPDUMP_PLAIN_PROCESSES_H
#define PTCPDUMP_PLAIN_PROCESSES_H

struct told {
	struct process_event event;
	char texts[EXEC_PATH + EXEC_ARGS];
};

/* For one exec at a time on each CPU: tracepoints can't be preempted. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct told);
} telling SEC(".maps");

/* A task's pid, the process that it belongs to and when that began. Returns its main thread; NULL: it can't be read. */
static __always_inline void *identify(const struct places *p, void *task, u32 *pid, u32 *process, u64 *start)
{
	u32 ids[2];
	void *leader;

	if (!task || bpf_probe_read(ids, sizeof(ids), task + p->ids) ||
	    bpf_probe_read(&leader, sizeof(leader), task + p->leader) ||
	    bpf_probe_read(start, sizeof(*start), leader + p->start))
		return NULL;
	*pid = ids[0];
	*process = ids[1];
	return leader;
}

/* Returns the main thread; NULL: `task` is another thread of a process, or can't be read. */
static __always_inline void *describe(struct process_event *e, const struct places *p, void *task, u16 kind)
{
	u32 pid, thread;
	void *leader, *parent;

	__builtin_memset(e, 0, sizeof(*e));
	e->time = bpf_ktime_get_ns();
	e->kind = kind;
	leader = identify(p, task, &pid, &e->pid, &e->start);
	if (!leader || pid != e->pid || bpf_probe_read_str(e->comm, sizeof(e->comm), leader + p->comm) < 0)
		return NULL;
	if (bpf_probe_read(&parent, sizeof(parent), leader + p->parent) ||
	    !identify(p, parent, &thread, &e->parent, &e->parent_start))
		return NULL;
	e->uid = bpf_get_current_uid_gid();
	return leader;
}

static __always_inline void send_event(void *ctx, struct process_event *e, u64 size)
{
	struct counters *c = my_counters();

	if (bpf_perf_event_output(ctx, &events_perf, BPF_F_CURRENT_CPU, e, size) && c)
		c->lost_events++;
}

SEC("raw_tp/sched_process_fork")
int process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct places *p = my_places();
	struct process_event e;
	void *creator = (void *)ctx->args[0];
	u32 thread;

	if (!p || !describe(&e, p, (void *)ctx->args[1], EVENT_FORK))
		return 0;
	creator = identify(p, creator, &thread, &e.creator, &e.creator_start);
	if (creator && bpf_probe_read_str(e.creator_comm, sizeof(e.creator_comm), creator + p->comm) > 0)
		send_event(ctx, &e, sizeof(e));
	return 0;
}

/* The ends of one process are those of its main thread: others may live on, which is rare, and costs only that it is
 * read from /proc when it is asked for again. */
SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct places *p = my_places();
	struct process_event e;

	if (p && describe(&e, p, (void *)ctx->args[0], EVENT_EXIT))
		send_event(ctx, &e, sizeof(e));
	return 0;
}

/* Arguments and, behind the environment, the path as it was asked for: so execve(2) lays out the new stack. */
static __always_inline void put_texts(struct told *t, const struct places *p, void *task)
{
	u64 ends[4];            /* of arguments and of the environment: begin and end */
	void *mm;
	long n;
	u64 left, at = 0;

	if (!p->arguments || bpf_probe_read(&mm, sizeof(mm), task + p->mm) ||
	    bpf_probe_read(ends, sizeof(ends), mm + p->arguments))
		return;
	n = bpf_probe_read_str(t->texts, EXEC_PATH, (void *)ends[3]);
	if (n > 0)
		at = n;
	/* or the compiler compares n - 1, from which 5.4's verifier learns nothing of n */
	barrier_var(at);
	if (at > EXEC_PATH)
		at = 0;
	t->event.path_len = at;
	left = ends[1] - ends[0];
	if (left >= EXEC_ARGS) {
		left = EXEC_ARGS - 1;
		t->event.args_truncated = 1;
	}
	left &= EXEC_ARGS - 1;
	if (left && !bpf_probe_read(t->texts + at, left, (void *)ends[0]))
		t->event.args_len = left;
}

SEC("raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	u32 zero = 0;
	struct places *p = my_places();
	struct told *t = bpf_map_lookup_elem(&telling, &zero);
	u64 size;

	if (!p || !t || !describe(&t->event, p, (void *)ctx->args[0], EVENT_EXEC))
		return 0;
	put_texts(t, p, (void *)ctx->args[0]);
	size = sizeof(t->event) + t->event.path_len + t->event.args_len;
	if (size >= sizeof(t->event) && size <= sizeof(*t))
		send_event(ctx, &t->event, size);
	return 0;
}

#endif
