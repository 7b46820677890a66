/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What goes from the kernel to user space, included by both sides: fixed-width fields, explicit padding. */
#ifndef PTCPDUMP_RECORD_H
#define PTCPDUMP_RECORD_H

#ifndef PTCPDUMP_KERNEL_H
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
#endif

/* How an owner was found; the order is that of context.model.Found. */
enum found {
	FOUND_NONE = 0,
	FOUND_SOCKET,
	FOUND_LISTENER,
	FOUND_FLOW,
	FOUND_TRANSLATED,
	FOUND_SCAN,
	FOUND_PEER,
	FOUND_KERNEL,
};

/* Pids and tids are those of our pid namespace. A process outside of it has the initial namespace's with this bit. */
#define PID_OUTSIDE (1U << 31)

/* A process instance and what it was doing with a socket. start is the thread group leader's start_boottime. */
struct owner {
	u64 start;
	u64 cgroup;
	u32 pid;
	u32 tid;
	u32 uid;
	u8 found;
	u8 host_pid[3];         /* pid in the initial namespace, lowest byte first, where ours is another one; else 0 */
	char comm[16];          /* of the thread; names are followed by NULs to the end */
	char process_comm[16];  /* of the main thread */
};

enum direction { DIRECTION_IN = 1, DIRECTION_OUT = 2 };

/* One packet; captured bytes follow. */
struct record {
	u64 time;               /* CLOCK_MONOTONIC, ns */
	u32 length;             /* on the wire, metadata VLAN tag included */
	u32 captured;
	u32 ifindex;
	u32 netns;              /* inode of the interface's namespace */
	u8 direction;
	u8 has_tag;             /* perf transport only: the reader puts the tag of `tag` behind the MAC addresses */
	u8 has_other;           /* `other` is written, else it holds anything */
	u8 unused;
	u32 tag;                /* TPID << 16 | TCI */
	struct owner owner;
	struct owner other;     /* who has the packet's other end, with config.both_ends */
};

enum event_kind { EVENT_EXEC = 1, EVENT_FORK, EVENT_EXIT };

#define EXEC_NAME 256           /* a file's name is shorter: NAME_MAX */
#define EXEC_PATH 512
#define EXEC_ARGS 4096

#define EVENT_BUFFER (8 << 20)  /* bytes of the ring of process events, a power of two */
#define EVENT_LONGEST (sizeof(struct process_event) + EXEC_NAME + EXEC_PATH + EXEC_ARGS)

/* A process began, changed its image or ended. For EVENT_EXEC there follow `name_len` bytes of the program's whole name
 * (with NUL; none where comm is whole), `path_len` bytes of path (with NUL) and `args_len` bytes of argv
 * (NUL-separated). */
struct process_event {
	u64 time;               /* CLOCK_MONOTONIC, ns */
	u64 start;
	u64 parent_start;
	u64 cgroup;
	u32 pid;
	u32 parent;
	u32 uid;
	u32 mntns;              /* inode of the mount namespace that the path belongs to */
	u32 netns;              /* inode of the network namespace */
	u32 creator;            /* EVENT_FORK: whose image it has; with CLONE_PARENT not its parent */
	u64 creator_start;
	u32 host_pid;           /* as in struct owner */
	u32 parent_host_pid;
	u16 kind;
	u16 name_len;
	u16 path_len;
	u16 args_len;
	u16 args_truncated;
	u16 resolved;           /* the path is the executable's own, without symbolic links; else as it was asked for */
	u16 unused[2];
	char comm[16];          /* of the main thread */
	char creator_comm[16];
};

/* Counters, one set a CPU */
struct counters {
	u64 received;           /* passed the filter */
	u64 lost;               /* passed, but the buffer was full */
	u64 lost_events;        /* process events that found their buffer full */
	u64 unfollowed;         /* children that found `selected` full */
	u64 untracked;          /* sockets that found `tracked` or `tuples` full */
	u64 waiting;            /* bytes of packets since the reader was last woken */
	u64 waiting_events;     /* bytes of process events, likewise */
};

/* The head of each CPU's buffer in shared memory, `config.lane` bytes of records behind it. Positions count bytes since
 * the start; a record begins at its position modulo the size and may reach over the end. */
struct lane {
	u64 produced;           /* the kernel's to write */
	u64 unused[7];          /* on a cache line of its own */
	u64 consumed;           /* the reader's to write */
	u64 unused_too[7];
};

/* What the reader tells the kernel's side, in shared memory and on a cache line of its own. */
struct reader {
	u64 asleep;             /* 1: it waits for the next packet; whoever wakes it writes 0 */
	u64 unused[7];
};

/* Which packets are wanted by their owner; kinds are ORed. */
enum filter {
	FILTER_PROCESS = 1,     /* pids and names, in `selected` */
	FILTER_USER = 2,
	FILTER_CGROUP = 4,      /* containers and pods */
	FILTER_FOLLOW = 8,      /* children of selected processes are selected */
	FILTER_NAME = 16,       /* by comm in `names`, by the names of new programs in `programs` */
};

enum selected_why { SELECTED_PID = 1, SELECTED_CHILD, SELECTED_NAME };

struct selected {
	u64 start;              /* 0: not known yet */
	u8 why;
	u8 unused[7];
};

/* A flow as one of its ends sees it. */
struct flow_key {
	u32 netns;
	u16 local_port;         /* network order; the identifier for ICMP echo */
	u16 remote_port;
	u32 local[4];           /* IPv4 as ::ffff:a.b.c.d */
	u32 remote[4];
	u32 protocol;
};

struct flow {
	u64 time;               /* CLOCK_MONOTONIC ns of the last packet that refreshed it; 0: known from the socket */
	struct owner owner;
};

/* An address of another network namespace, as a captured one sees it. */
struct address_key {
	u32 netns;              /* inode of the captured namespace */
	u32 address[4];
};

struct address_netns {
	s32 nsid;               /* of the other namespace, in the captured one (ip-netns(8)) */
	u32 netns;              /* inode of the other namespace */
};

/* Addresses of a captured network namespace itself; as a key of a trie (BPF_MAP_TYPE_LPM_TRIE). */
struct local_key {
	u32 bits;               /* of what follows that count */
	u32 netns;
	u32 address[4];
};

struct interface_key {
	u32 netns;
	u32 ifindex;
};

/* What the loader writes into read-only data before load */
struct config {
	u32 snaplen;
	u32 wake_every;         /* bytes of one CPU after which the reader is woken */
	u32 lane;               /* bytes of records of each CPU in `lanes`, a power of two; 0: packets go another way */
	u32 netns;              /* inode of the network namespace; 0: there are several */
	u32 pidns;              /* inode of our pid namespace; 0: it is the initial one */
	u8 immediate;           /* wake the reader for each packet */
	u8 use_ring;            /* ring buffer; else perf events */
	u8 current_in_tc;       /* bpf_get_current_pid_tgid() allowed in tc (6.10) */
	u8 peer_match;          /* attribute to the other end where ours has no process */
	u8 both_ends;           /* tell who has the other end, too, of what goes from this host to itself */
	u8 filter;              /* enum filter, 0: all packets */
	u8 socket_flows;        /* `flows` holds sockets that /proc told of at the start, where there are no iterators */
	u8 everywhere;          /* all interfaces of all namespaces; else those in `watched` */
	u8 filtered;            /* an expression's program stands between a tracepoint and its capture program */
	u16 cpus;               /* possible CPUs: slots of `scratch` before the spare ones */
	u8 directions;          /* enum direction, ORed: for programs that see both */
	u8 other_netns;         /* look for owners in other network namespaces too, by `addresses` */
	u8 translations;        /* and behind address translation: the kernel has bpf_skb_ct_lookup (5.18) */
	u8 any_socket;          /* bpf_sk_storage_get() takes sockets of any kind (5.10) */
	u8 tcp_sending;         /* a hook tells in time who sends on TCP sockets */
	u8 by_tuple;            /* the backend has no helper that finds a packet's socket: all are kept in `tuples` */
	u8 mptcp;               /* the kernel has bpf_skc_to_mptcp_sock() (5.19) */
	u8 reads_all;           /* tracepoints may call bpf_dynptr_from_skb() (6.11), which other programs may since 6.4 */
};

#endif
