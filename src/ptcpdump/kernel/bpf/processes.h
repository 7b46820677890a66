/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Births, new images and deaths of processes, for the process table in user space. */
#ifndef PTCPDUMP_PROCESSES_H
#define PTCPDUMP_PROCESSES_H

static __always_inline void describe(struct process_event *e, struct task_struct *task, u16 kind)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent, group_leader);

	e->time = bpf_ktime_get_ns();
	e->kind = kind;
	e->path_len = e->args_len = e->args_truncated = 0;
	e->start = start_of(BPF_CORE_READ(task, group_leader));
	e->pid = BPF_CORE_READ(task, tgid);
	e->parent = BPF_CORE_READ(parent, tgid);
	e->parent_start = start_of(parent);
	e->uid = BPF_CORE_READ(task, cred, uid.val);
	e->cgroup = cgroup_of(task);
	e->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	e->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	e->unused = 0;
	BPF_CORE_READ_STR_INTO(&e->comm, task, comm);
}

static __always_inline void send_event(void *ctx, struct process_event *e, u64 size)
{
	struct counters *c;
	long error;

	if (config.use_ring)
		error = bpf_ringbuf_output(&events, e, size, BPF_RB_NO_WAKEUP);
	else
		error = bpf_perf_event_output(ctx, &events_perf, BPF_F_CURRENT_CPU, e, size);
	c = my_counters();
	if (error && c)
		c->lost_events++;
}

static __always_inline void on_exec(void *ctx, struct task_struct *task, struct linux_binprm *bprm)
{
	unsigned long args, end, left;
	u32 zero = 0, offset = 0;
	struct exec_scratch *s = bpf_map_lookup_elem(&exec_scratch, &zero);
	long n;

	if (!s)
		return;
	describe(&s->event, task, EVENT_EXEC);
	select_executed(&s->event);
	n = bpf_probe_read_kernel_str(s->data, EXEC_PATH, BPF_CORE_READ(bprm, interp));
	if (n > 0 && n <= EXEC_PATH)
		offset = n;
	s->event.path_len = offset;

	args = BPF_CORE_READ(task, mm, arg_start);
	end = BPF_CORE_READ(task, mm, arg_end);
	left = end - args;
	if (left > EXEC_ARGS) {
		left = EXEC_ARGS;
		s->event.args_truncated = 1;
	}
	barrier_var(offset);    /* the compiler knows, the verifier does not */
	if (offset > EXEC_PATH)
		return;
	if (left && bpf_probe_read_user(s->data + offset, left, (void *)args) == 0)
		s->event.args_len = left;
	left = sizeof(s->event) + offset + s->event.args_len;
	if (left > sizeof(*s))
		return;
	send_event(ctx, &s->event, left);
}

static __always_inline void on_change(void *ctx, struct task_struct *task, u16 kind)
{
	struct process_event e = {};

	if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return;         /* a thread, not a process */
	describe(&e, task, kind);
	if (kind == EVENT_FORK)
		select_born(&e);
	send_event(ctx, &e, sizeof(e));
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	on_exec(ctx, task, bprm);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	on_change(ctx, child, EVENT_FORK);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	on_change(ctx, task, EVENT_EXIT);
	return 0;
}

/* the same through raw tracepoints, for kernels before 5.5 */
SEC("raw_tp/sched_process_exec")
int process_exec_raw(struct bpf_raw_tracepoint_args *ctx)
{
	on_exec(ctx, (struct task_struct *)ctx->args[0], (struct linux_binprm *)ctx->args[2]);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int process_fork_raw(struct bpf_raw_tracepoint_args *ctx)
{
	on_change(ctx, (struct task_struct *)ctx->args[1], EVENT_FORK);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int process_exit_raw(struct bpf_raw_tracepoint_args *ctx)
{
	on_change(ctx, (struct task_struct *)ctx->args[0], EVENT_EXIT);
	return 0;
}

#endif
