/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sockets that a process was handed by another one, in a message of a UNIX socket (SCM_RIGHTS, unix(7)): by a service
 * manager, or by the server whose place it takes. Once who is known to have such a socket has ended or closed it, whoever
 * got it is its owner. */
#ifndef PTCPDUMP_HANDED_H
#define PTCPDUMP_HANDED_H

/* Whether anybody may have a socket but its owner and that one's children: look-ups less for most packets of most machines. */
#ifndef BEFORE_5_17
bool has_others;
#endif

#if defined(__TARGET_ARCH_x86)
#define SYSCALL orig_ax
#define SECOND_ARGUMENT si
#define NR_RECVMSG 47
#define NR_RECVMMSG 299
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL syscallno
#define SECOND_ARGUMENT regs[1]
#define NR_RECVMSG 212
#define NR_RECVMMSG 243
#endif

#if defined(BEFORE_5_17) || !defined(NR_RECVMSG)
static __always_inline void note_handed(void)
{
}

#define has_handed false

static __always_inline bool is_handed_on(u64 socket, u64 since)
{
	return false;
}

static __always_inline int find_handed(struct socket_owner *known, u64 socket)
{
	return false;
}
#else
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define CONTROLS 4              /* parts of a message's control data that are looked at: others may come first */
#define DESCRIPTORS 253         /* of a message, at most (SCM_MAX_FD) */

/* What recvmsg(2) is given, in the memory of who calls it; recvmmsg(2) gets several, of which only the first is seen. */
struct user_msghdr { u64 name, name_length, data, data_length, control, control_length; };
struct control_header { u64 length; s32 level, type; };

struct handed {
	u64 leader, start;      /* the process that got it, as in struct heir */
	u64 time;               /* when (CLOCK_BOOTTIME, ns) */
};

/* By the address of a struct socket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct handed);
} handed SEC(".maps");

bool has_handed;        /* there has been any */

struct descriptors {
	u64 numbers;            /* where they are, in the memory of who got them */
	u64 files;              /* address of its table of files */
	u64 count;              /* how many that has */
	struct handed to;
};

/* Who got a descriptor may have written another number there: it counts if that is a socket it has open. */
static long note_descriptor(u32 index, void *context)
{
	struct descriptors *received = context;
	struct socket *socket;
	struct file *file;
	u32 number;
	u16 family;
	u64 key;

	if (bpf_probe_read_user(&number, sizeof(number), (void *)(received->numbers + 4 * index)) ||
	    number >= received->count ||
	    bpf_probe_read_kernel(&file, sizeof(file), (struct file **)received->files + number) || !file)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return 0;
	family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6 && family != AF_PACKET)
		return 0;
	key = (u64)socket;
	bpf_map_update_elem(&handed, &key, &received->to, BPF_ANY);
	has_handed = has_others = true;
	return 0;
}

static __always_inline void note_descriptors(u64 numbers, u64 size)
{
	struct task_struct *leader = BPF_CORE_READ(current_task(), group_leader);
	struct fdtable *table = BPF_CORE_READ(current_task(), files, fdt);
	struct descriptors received = {
		.numbers = numbers,
		.files = (u64)BPF_CORE_READ(table, fd),
		.count = BPF_CORE_READ(table, max_fds),
		.to = {.leader = (u64)leader, .start = start_of(leader), .time = bpf_ktime_get_boot_ns()},
	};

	repeat(DESCRIPTORS, size / 4, note_descriptor, &received);
}

/* The current task has received from a UNIX socket: its call has not returned yet, but what it got is in its memory. */
static __always_inline void note_handed(void)
{
	struct pt_regs *call = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	long number = BPF_CORE_READ(call, SYSCALL);
	struct control_header header;
	struct user_msghdr message;
	u64 at, end;
	u32 i;

	if ((number != NR_RECVMSG && number != NR_RECVMMSG) ||
	    bpf_probe_read_user(&message, sizeof(message), (void *)BPF_CORE_READ(call, SECOND_ARGUMENT)))
		return;
	at = message.control;
	end = at + message.control_length;
	for (i = 0; i < CONTROLS; i++) {
		if (at + sizeof(header) > end || bpf_probe_read_user(&header, sizeof(header), (void *)at) ||
		    header.length < sizeof(header))
			return;
		if (header.level == SOL_SOCKET && header.type == SCM_RIGHTS) {
			note_descriptors(at + sizeof(header), header.length - sizeof(header));
			return;
		}
		at += (header.length + 7) & ~7ULL;
	}
}

/* Whether a process was handed a socket since a time. */
static __always_inline bool is_handed_on(u64 socket, u64 since)
{
	struct handed *to = socket ? bpf_map_lookup_elem(&handed, &socket) : NULL;

	return to && to->time >= since;
}

/* Who was handed a socket, and has it open still, becomes its owner. `socket`: address of its struct socket. */
ONCE int find_handed(struct socket_owner *known, u64 socket)
{
	struct handed *to;

	if (!known || !socket || !has_handed)
		return false;
	to = bpf_map_lookup_elem(&handed, &socket);
	if (!to || !is_running(to->leader, to->start) || !has_open(to->leader, socket, 0))
		return false;
	set_owner(known, to->leader);
	return true;
}
#endif

#endif
