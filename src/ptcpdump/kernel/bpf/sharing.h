/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sockets that several processes receive on: workers of a server, or one that receives while another one sends. Which of
 * them will take a datagram that comes in is not known before it does. */
#ifndef PTCPDUMP_SHARING_H
#define PTCPDUMP_SHARING_H

#ifdef BEFORE_5_17
/* as note_child() */
static __always_inline void note_receiver(const struct socket_owner *known, const void *sk)
{
}

static __always_inline bool is_shared(const void *sk)
{
	return false;
}
#else
#define CHANGES 2       /* of who uses a socket that make it a shared one: at the first it may just have been handed on */

struct sharing {
	u64 leader, start;      /* a process that uses the socket beside its owner, as in struct heir */
	u64 changes;
};

/* By the address of a struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct sharing);
} sharing SEC(".maps");

bool has_sharing;               /* there has been any */

/* The current task receives on a socket that another process has used last. id: address of the struct sock. */
ONCE int note_change(const struct socket_owner *known, u64 id)
{
	struct sharing *before = bpf_map_lookup_elem(&sharing, &id), new = {};
	u64 leader, start, child;

	if (!known)
		return 0;
	leader = known->leader;
	start = known->owner.start;
	if (!is_running(leader, start))
		return 0;
	if (before) {
		before->leader = leader;
		before->start = start;
		before->changes++;
	} else {
		/* another child of that process has it open, too: they are workers */
		child = child_with(leader, (u64)BPF_CORE_READ((const struct sock *)id, sk_socket),
				   (u64)BPF_CORE_READ(current_task(), group_leader));
		new.leader = child ? child : leader;
		new.start = child ? start_of((struct task_struct *)child) : start;
		new.changes = child ? CHANGES : 1;
		bpf_map_update_elem(&sharing, &id, &new, BPF_ANY);
	}
	has_sharing = true;
	return 0;
}

static __always_inline void note_receiver(const struct socket_owner *known, const void *sk)
{
	if (known->owner.pid && known->owner.pid != current_pid_tgid() >> 32)
		note_change(known, address_of(sk));
}

/* Whether a process that has used a socket beside its owner still has it open. */
ONCE int has_sharer(u64 id)
{
	struct sharing *with = bpf_map_lookup_elem(&sharing, &id);

	if (!with || with->changes < CHANGES)
		return false;
	if (is_running(with->leader, with->start) &&
	    has_open(with->leader, (u64)BPF_CORE_READ((const struct sock *)id, sk_socket), 0))
		return true;
	bpf_map_delete_elem(&sharing, &id);
	return false;
}

static __always_inline bool is_shared(const void *sk)
{
	return has_sharing && has_sharer(address_of(sk));
}
#endif

#endif
