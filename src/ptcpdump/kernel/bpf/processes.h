/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Births, new images and deaths of processes, for the process table in user space. */
#ifndef PTCPDUMP_PROCESSES_H
#define PTCPDUMP_PROCESSES_H

#define PATH_MAX 4096           /* linux/limits.h */
#define COMM_LENGTH 15

static __always_inline void describe(struct process_event *e, struct task_struct *task, u16 kind)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent, group_leader);
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	__builtin_memset(e, 0, sizeof(*e));
	e->time = bpf_ktime_get_ns();
	e->kind = kind;
	e->start = start_of(leader);
	e->pid = pid_of(leader);
	e->host_pid = host_pid_of(leader);
	e->parent = pid_of(parent);
	e->parent_host_pid = host_pid_of(parent);
	e->parent_start = start_of(parent);
	e->uid = BPF_CORE_READ(task, cred, uid.val);
	e->cgroup = cgroup_of(task);
	e->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	e->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	read_comm(&e->comm, leader);
}

#define WAKE_EVENTS (EVENT_BUFFER / 8)          /* bytes in the ring from which on the reader is woken */
#define WAKE_EVENTS_EVERY (16 << 10)            /* bytes of one CPU's events between two wake-ups, which cost it time */

/* The reader takes events in with packets; it is woken for them alone when there are so many that they might be lost. */
static __always_inline u64 event_flags(struct counters *c, u64 size)
{
	c->waiting_events += size;
	if (c->waiting_events < WAKE_EVENTS_EVERY || bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < WAKE_EVENTS)
		return BPF_RB_NO_WAKEUP;
	c->waiting_events = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void send_event(void *ctx, struct process_event *e, u64 size)
{
	struct counters *c = my_counters();
	long error;

	if (!c)
		return;
	if (config.use_ring)
		error = bpf_ringbuf_output(&events, e, size, event_flags(c, size));
	else
		error = bpf_perf_event_output(ctx, &events_perf, BPF_F_CURRENT_CPU, e, size);
	if (error)
		c->lost_events++;
}

/* What describes a new program is put together behind its event: whole name, path, arguments. */
#define NAME_AT 0
#define PATH_AT EXEC_NAME

/* How far a search in a text has come is kept in memory: of what is read from there the verifier knows as much in each
 * round. */

/* One character back in a path, unless it is the first one of a name. */
static long step_back(u32 i, void *context)
{
	struct exec_scratch *s = *(struct exec_scratch **)context;
	volatile u32 *last = &s->at;
	u32 at = *last;

	if (!at || s->data[PATH_AT + ((at - 1) & (PATH_MAX - 1))] == '/')
		return 1;
	*last = at - 1;
	return 0;
}

/* The last part of the path that was asked for, where a comm cannot hold it. Returns its length with NUL; 0: the comm is
 * whole, or it is not of this path (fexecve(3)). */
ONCE int whole_name(u64 path)
{
	u32 zero = 0, i;
	struct exec_scratch *s = bpf_map_lookup_elem(&exec_scratch, &zero);
	long n;

	if (!s || !s->event.comm[COMM_LENGTH - 1])
		return 0;
	n = bpf_probe_read_kernel_str(s->data + PATH_AT, PATH_MAX, (void *)path);
	if (n <= COMM_LENGTH || n > PATH_MAX)
		return 0;
	s->at = n - 1;          /* of its NUL */
	repeat(EXEC_NAME - 1, EXEC_NAME - 1, step_back, &s);
	n = bpf_probe_read_kernel_str(s->data + NAME_AT, EXEC_NAME, s->data + PATH_AT + (s->at & (PATH_MAX - 1)));
	for (i = 0; i < COMM_LENGTH; i++) {
		if (s->data[NAME_AT + i] != s->event.comm[i])
			return 0;
	}
	return n > COMM_LENGTH ? n : 0;
}

#ifdef BEFORE_5_17
static __always_inline int executable_path(void)
{
	return 0;
}
#else
#define PATH_DEPTH 48           /* folders and mounts on the way up, at most */

/* How far the way from an executable to the root has been gone. */
struct way {
	struct exec_scratch *to;        /* the path is written from the end of to->path on backwards */
	struct vfsmount *mnt;
	struct dentry *dentry;
	u64 from;                       /* where the whole path begins; 0: not there yet */
};

/* One folder or mount up. */
static long step_up(u32 i, void *context)
{
	struct way *way = context;
	struct exec_scratch *s = way->to;
	struct dentry *dentry = way->dentry, *parent;
	struct vfsmount *mnt = way->mnt;
	struct mount *mount, *above;
	u32 at = s->at, n;

	if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
		mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount) {
			way->from = at;
			return 1;
		}
		way->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		way->mnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	n = BPF_CORE_READ(dentry, d_name.len);
	if (n >= EXEC_NAME || n >= at)
		return 1;
	at -= n;
	if (bpf_probe_read_kernel(s->path + (at & (EXEC_PATH - 1)), n & (EXEC_NAME - 1), BPF_CORE_READ(dentry, d_name.name)))
		return 1;
	at--;
	s->path[at & (EXEC_PATH - 1)] = '/';
	s->at = at;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry) {
		way->from = at;         /* of no folder: memfd_create(2) */
		return 1;
	}
	way->dentry = parent;
	return 0;
}

/* The path of the new executable as /proc/PID/exe shows it, which is too late for those that end at once: from its name
 * up to the root. Returns where it begins; 0: it is too long. */
ONCE int executable_path(void)
{
	u32 zero = 0;
	struct exec_scratch *s = bpf_map_lookup_elem(&exec_scratch, &zero);
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct way way = {.to = s};

	if (!s)
		return 0;
	way.mnt = BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	way.dentry = BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
	s->at = EXEC_PATH - 1;
	s->path[EXEC_PATH - 1] = 0;
	repeat(PATH_DEPTH, PATH_DEPTH, step_up, &way);
	return way.from;
}
#endif

/* The path after the `offset` bytes before it; returns its length with NUL. */
static __always_inline u32 put_path(struct exec_scratch *s, u32 offset, struct linux_binprm *bprm)
{
	int at = executable_path();
	const void *from = BPF_CORE_READ(bprm, interp);
	long n;

	if (at > 0) {
		from = s->path + (at & (EXEC_PATH - 1));
		s->event.resolved = 1;
	}
	barrier_var(offset);    /* the compiler knows, the verifier does not */
	if (offset > EXEC_NAME)
		return 0;
	n = bpf_probe_read_kernel_str(s->data + offset, EXEC_PATH, from);
	return n > 0 && n <= EXEC_PATH ? n : 0;
}

static __always_inline void put_arguments(struct exec_scratch *s, u32 offset, struct task_struct *task)
{
	unsigned long args = BPF_CORE_READ(task, mm, arg_start), left = BPF_CORE_READ(task, mm, arg_end) - args;

	if (left > EXEC_ARGS) {
		left = EXEC_ARGS;
		s->event.args_truncated = 1;
	}
	barrier_var(offset);
	if (offset > EXEC_NAME + EXEC_PATH)
		return;
	if (left && bpf_probe_read_user(s->data + offset, left, (void *)args) == 0)
		s->event.args_len = left;
}

static __always_inline void on_exec(void *ctx, struct task_struct *task, struct linux_binprm *bprm)
{
	u32 zero = 0, offset = 0;
	struct exec_scratch *s = bpf_map_lookup_elem(&exec_scratch, &zero);
	u64 size;
	int n;

	if (!s)
		return;
	describe(&s->event, task, EVENT_EXEC);
	n = whole_name((u64)BPF_CORE_READ(bprm, filename));
	if (n > 0 && n <= EXEC_NAME)
		offset = n;
	s->event.name_len = offset;
	select_executed(s, task);
	n = put_path(s, offset, bprm);
	s->event.path_len = n;
	offset += n;
	put_arguments(s, offset, task);
	size = sizeof(s->event) + offset + s->event.args_len;
	if (size <= sizeof(s->event) + sizeof(s->data))
		send_event(ctx, &s->event, size);
}

static __always_inline void on_fork(void *ctx, struct task_struct *creator, struct task_struct *task)
{
	struct process_event e;

	if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return;         /* a thread, not a process */
	note_child(creator, task);
	describe(&e, task, EVENT_FORK);
	creator = BPF_CORE_READ(creator, group_leader);
	e.creator = pid_of(creator);
	e.creator_start = start_of(creator);
	read_comm(&e.creator_comm, creator);
	select_born(&e);
	send_event(ctx, &e, sizeof(e));
}

/* A process ends with the last of its threads, whichever that is. Two that end at once may both be told of. */
static __always_inline void on_exit(void *ctx, struct task_struct *task)
{
	struct process_event e;

	if (BPF_CORE_READ(task, signal, live.counter))
		return;
	describe(&e, task, EVENT_EXIT);
	send_event(ctx, &e, sizeof(e));
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	note_successor(task, old_pid);
	on_exec(ctx, task, bprm);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	on_fork(ctx, parent, child);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	note_heirs(task);
	on_exit(ctx, task);
	return 0;
}

/* the same through raw tracepoints, for kernels before 5.5 */
SEC("raw_tp/sched_process_exec")
int process_exec_raw(struct bpf_raw_tracepoint_args *ctx)
{
	note_successor((struct task_struct *)ctx->args[0], ctx->args[1]);
	on_exec(ctx, (struct task_struct *)ctx->args[0], (struct linux_binprm *)ctx->args[2]);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int process_fork_raw(struct bpf_raw_tracepoint_args *ctx)
{
	on_fork(ctx, (struct task_struct *)ctx->args[0], (struct task_struct *)ctx->args[1]);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int process_exit_raw(struct bpf_raw_tracepoint_args *ctx)
{
	note_heirs((struct task_struct *)ctx->args[0]);
	on_exit(ctx, (struct task_struct *)ctx->args[0]);
	return 0;
}

#endif
