/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sockets whose process has ended while another one still holds them: a server that forks and exits, for instance. Its
 * children are noted when it ends; the one that has the socket open is its owner from then on. Likewise sockets that a
 * process has closed after a child of its had got them: a server that forks for each connection. */
#ifndef PTCPDUMP_HOLDERS_H
#define PTCPDUMP_HOLDERS_H

#ifdef BEFORE_5_13
/* as has_open(): nobody is known to hold such a socket */
static __always_inline void note_heirs(struct task_struct *task)
{
}

static __always_inline void note_successor(struct task_struct *task, u32 old_pid)
{
}

static __always_inline int find_heir(struct socket_owner *known, u64 socket)
{
	return false;
}
#else
#define HEIRS 4         /* children that are noted of a process, the first ones */
#define GENERATIONS 3   /* how often a child may have ended, too */

struct heir {
	u64 start, leader;
	u32 pid;
	u32 unused;
};

struct heirs {
	u64 start;              /* of the parent */
	struct heir children[HEIRS];
};

/* By the parent's pid. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct heirs);
} heirs SEC(".maps");

static __always_inline void add_heir(struct heirs *to, const struct heir *child)
{
	u32 i;

	UNROLL
	for (i = 0; i < HEIRS; i++) {
		if (!to->children[i].pid) {
			to->children[i] = *child;
			return;
		}
	}
}

ONCE int store_heirs(u32 pid, u64 start, const struct heirs *children)
{
	struct heirs *known = bpf_map_lookup_elem(&heirs, &pid), new = {};
	u32 i;

	if (!children)
		return 0;
	if (known && known->start == start) {
		UNROLL
		for (i = 0; i < HEIRS; i++) {
			if (children->children[i].pid)
				add_heir(known, &children->children[i]);
		}
		return 0;
	}
	new = *children;
	new.start = start;
	bpf_map_update_elem(&heirs, &pid, &new, BPF_ANY);
	return 0;
}

/* The last thread of a process ends. Its children are also noted as its parent's: they may be all that is left of a
 * server that forks twice. */
static __always_inline void note_heirs(struct task_struct *task)
{
	struct heirs found = {};
	struct list_head *head = (void *)task + bpf_core_field_offset(task->children), *at;
	struct task_struct *leader = BPF_CORE_READ(task, group_leader), *parent, *child;
	u64 i;          /* numbers of 64 bits are known on the stack to all verifiers */

	if (BPF_CORE_READ(task, signal, live.counter))
		return;
	at = BPF_CORE_READ(head, next);
	for (i = 0; i < HEIRS; i++) {
		if (!at || at == head)
			break;
		child = (void *)at - bpf_core_field_offset(child->sibling);
		found.children[i].leader = (u64)child;
		found.children[i].start = start_of(child);
		found.children[i].pid = pid_of(BPF_CORE_READ(child, group_leader));
		at = BPF_CORE_READ(at, next);
	}
	if (!found.children[0].pid)
		return;
	store_heirs(pid_of(leader), start_of(leader), &found);
	parent = BPF_CORE_READ(leader, real_parent, group_leader);
	store_heirs(pid_of(parent), start_of(parent), &found);
}

/* A task runs a program. If it was not the first of its process, it now takes that one's place, under its pid; what is
 * kept with sockets still is the task that has gone. */
static __always_inline void note_successor(struct task_struct *task, u32 old_pid)
{
	struct heirs found = {};

	if ((u32)BPF_CORE_READ(task, pid) == old_pid)
		return;
	found.children[0].leader = (u64)task;
	found.children[0].start = start_of(task);
	found.children[0].pid = pid_of(task);
	store_heirs(found.children[0].pid, found.children[0].start, &found);
}

/* A child of these that has the socket open becomes its owner. `socket`: address of its struct socket. */
ONCE int take_over(struct socket_owner *known, const struct heirs *of, u64 socket)
{
	u32 i;

	if (!known || !of)
		return false;
	UNROLL
	for (i = 0; i < HEIRS; i++) {
		if (of->children[i].pid && is_running(of->children[i].leader, of->children[i].start) &&
		    has_open(of->children[i].leader, socket, 0)) {
			set_owner(known, of->children[i].leader);
			return true;
		}
	}
	return false;
}

/* The same for descendants of a socket's process that has ended. */
ONCE int find_heir(struct socket_owner *known, u64 socket)
{
	struct heirs *of;
	u32 generation, pid;
	u64 start;

	if (!known || !socket)
		return false;
	pid = known->owner.pid;
	start = known->owner.start;
	UNROLL
	for (generation = 0; generation < GENERATIONS; generation++) {
		of = bpf_map_lookup_elem(&heirs, &pid);
		if (!of || of->start != start)
			return false;
		if (take_over(known, of, socket))
			return true;
		pid = of->children[0].pid;
		start = of->children[0].start;
	}
	return false;
}
#endif

#ifdef BEFORE_5_17
/* too much for the verifier: the process is named until the child has used the socket */
static __always_inline void note_child(struct task_struct *creator, struct task_struct *child)
{
}

static __always_inline bool is_doubted(const struct socket_owner *known, const void *sk)
{
	return false;
}

static __always_inline int confirm_owner(struct socket_owner *known, u64 socket)
{
	return false;
}
#else
#define YOUNGEST 16             /* children of a living process that are looked at */
#define LOOK_AGAIN 1000000ULL   /* ns */

static __always_inline u64 last_link(u64 parent)
{
	return (u64)BPF_CORE_READ((struct task_struct *)parent, children.prev);
}

/* The child, an address of a struct task_struct, that a link of a task's list leads to; 0: none, the list ends. The youngest
 * is the last one. */
static __always_inline u64 older_child(u64 parent, u64 link)
{
	struct task_struct *task = (struct task_struct *)parent;

	if (!link || link == parent + bpf_core_field_offset(task->children))
		return 0;
	return link - bpf_core_field_offset(task->sibling);
}

/* A child of a process, one of the youngest, that has a socket open; 0: there is none. socket: address of a struct socket.
 * except: a child that is not meant. */
static __always_inline u64 child_with(u64 parent, u64 socket, u64 except)
{
	u64 at = older_child(parent, last_link(parent));
	u32 i;

	for (i = 0; at && i < YOUNGEST; i++) {
		if (at != except && has_open(at, socket, 0))
			return at;
		at = older_child(parent, (u64)BPF_CORE_READ((struct task_struct *)at, sibling.prev));
	}
	return 0;
}

/* Children that are not on the list of their parent's first thread: another thread has forked, or nobody is to wait for
 * them (CLONE_PARENT). By pid of whose thread made them; the youngest ones. */
struct other_children {
	struct heirs of;
	u64 since;              /* start of the youngest */
	u32 next;               /* whose place the next one takes */
	u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct other_children);
} other_children SEC(".maps");

/* A process begins. */
static __always_inline void note_child(struct task_struct *creator, struct task_struct *child)
{
	struct task_struct *leader = BPF_CORE_READ(creator, group_leader);
	struct heir new = {.leader = (u64)child, .start = start_of(child), .pid = pid_of(child)};
	struct other_children *known, first = {};
	u64 start = start_of(leader);
	u32 pid = pid_of(leader);

	if (BPF_CORE_READ(child, real_parent) == leader)
		return;
	known = bpf_map_lookup_elem(&other_children, &pid);
	if (known && known->of.start == start) {
		known->of.children[known->next++ % HEIRS] = new;
		known->since = new.start;
		return;
	}
	first.of.start = start;
	first.of.children[0] = new;
	first.since = new.start;
	first.next = 1;
	bpf_map_update_elem(&other_children, &pid, &first, BPF_ANY);
	has_others = true;
}

/* Whether others than the children on a process's list may have a socket: those that it got since a time, or whoever was
 * handed the socket since. `socket`: address of its struct socket, 0 if nobody was. */
ONCE int others_may_have(u32 pid, u64 start, u64 since, u64 socket)
{
	struct other_children *children = bpf_map_lookup_elem(&other_children, &pid);

	return (children && children->of.start == start && children->since >= since) || is_handed_on(socket, since);
}

/* Whether another process may have taken over a socket since its owner was recorded. */
static __always_inline bool may_be_handed_on(const struct socket_owner *known, const void *sk)
{
	u64 child, last = CAN_CAST ? (u64)CAST(known->leader, task_struct)->children.prev : last_link(known->leader);

	child = older_child(known->leader, last);
	if (child && start_of((struct task_struct *)child) >= known->since)
		return true;
	return has_others && others_may_have(known->owner.pid, known->owner.start, known->since,
					     has_handed ? (u64)BPF_CORE_READ(sock_of(sk), sk_socket) : 0);
}

/* Whether a living process that a socket was recorded for has forked since, or another one was handed the socket, so that
 * they may have taken it over. Not while nobody has it open: a connection that waits to be accepted. */
static __always_inline bool is_doubted(const struct socket_owner *known, const void *sk)
{
	return known->leader && may_be_handed_on(known, sk) && bpf_ktime_get_boot_ns() - known->looked >= LOOK_AGAIN &&
	       BPF_CORE_READ(sock_of(sk), sk_socket);
}

/* Whether the process of a socket, if it lives, or one of its children has the socket open: that one is its owner then. */
ONCE int confirm_owner(struct socket_owner *known, u64 socket)
{
	struct task_struct *leader;
	struct other_children *others;
	u64 at;
	u32 pid;

	if (!known || !socket)
		return false;
	leader = (struct task_struct *)known->leader;
	if (start_of(leader) != known->owner.start)
		return false;
	known->looked = bpf_ktime_get_boot_ns();
	if (BPF_CORE_READ(leader, files, fdt, max_fds) > FILES || has_open(known->leader, socket, 0))
		return true;
	at = child_with(known->leader, socket, 0);
	if (at) {
		set_owner(known, at);
		return true;
	}
	pid = known->owner.pid;
	others = bpf_map_lookup_elem(&other_children, &pid);
	return others && others->of.start == known->owner.start && take_over(known, &others->of, socket);
}
#endif

/* Whether a socket may be said to be its ended process's nevertheless: nobody holds it any more, these are the last
 * packets, or it is just being closed, by the task that runs here. */
static __always_inline bool is_left_behind(const struct sock *sk, const struct owner *owner)
{
	return BPF_CORE_READ(sk, __sk_common.skc_flags) & SOCK_DEAD || current_id() >> 32 == owner->pid;
}

#endif
