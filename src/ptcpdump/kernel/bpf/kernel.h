/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The little of the kernel that our programs look at. Fields are relocated at load time (CO-RE), so the layout here
 * means nothing; names and types do. No header of the build host's kernel is used. */
#ifndef PTCPDUMP_KERNEL_H
#define PTCPDUMP_KERNEL_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1U << 0,
	BPF_F_CLONE = 1U << 9,
	BPF_F_MMAPABLE = 1U << 10,
	BPF_SK_STORAGE_GET_F_CREATE = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_PROD_POS = 3,
	BPF_F_CURRENT_NETNS = -1,
};
#define BPF_F_CURRENT_CPU 0xffffffffULL

/* what a program of an skb hook sees (UAPI, fixed layout) */
struct __sk_buff {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority;
	u32 ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data, data_end, napi_id;
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, data_meta;
	union { void *flow_keys; u64 : 64; } __attribute__((aligned(8)));
	u64 tstamp;
	u32 wire_len, gso_segs;
	union { struct bpf_sock *sk; u64 : 64; } __attribute__((aligned(8)));
	u32 gso_size;
};

/* UAPI view of a socket */
struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
	__be16 dst_port;
	u16 : 16;
	u32 dst_ip4, dst_ip6[4], state;
	int rx_queue_mapping;
};

/* UAPI context of the connect, sendmsg, recvmsg, getpeername hooks */
struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol, msg_src_ip4, msg_src_ip6[4];
	union { struct bpf_sock *sk; u64 : 64; } __attribute__((aligned(8)));
};

struct bpf_sock_tuple {
	union {
		struct { __be32 saddr, daddr; __be16 sport, dport; } ipv4;
		struct { __be32 saddr[4], daddr[4]; __be16 sport, dport; } ipv6;
	};
};

struct bpf_iter_meta;
struct bpf_raw_tracepoint_args { u64 args[0]; };

#define CORE __attribute__((preserve_access_index))

struct ns_common { unsigned int inum; } CORE;
struct netns_nf { void *hooks_ipv4[5], *hooks_ipv6[5]; } CORE;
struct bpf_prog_array;
struct netns_bpf { struct bpf_prog_array *run_array[2]; } CORE;
struct net { struct ns_common ns; struct netns_nf nf; struct netns_bpf bpf; } CORE;
typedef struct { struct net *net; } CORE possible_net_t;
struct mnt_namespace { struct ns_common ns; } CORE;
struct nsproxy { struct net *net_ns; struct mnt_namespace *mnt_ns; } CORE;
struct kuid { unsigned int val; } CORE;
struct cred { struct kuid uid; } CORE;
struct kernfs_node { u64 id; } CORE;
struct cgroup { struct kernfs_node *kn; } CORE;
struct css_set { struct cgroup *dfl_cgrp; } CORE;
struct qstr { u32 len; const unsigned char *name; } CORE;
struct dentry { struct dentry *d_parent; struct qstr d_name; } CORE;
struct vfsmount { struct dentry *mnt_root; } CORE;
struct mount { struct mount *mnt_parent; struct dentry *mnt_mountpoint; struct vfsmount mnt; } CORE;
struct path { struct vfsmount *mnt; struct dentry *dentry; } CORE;
struct file { struct path f_path; void *private_data; } CORE;
struct mm_struct { unsigned long arg_start, arg_end; struct file *exe_file; } CORE;
typedef struct { int counter; } CORE atomic_t;
struct signal_struct { atomic_t live; int nr_threads; } CORE;
struct pid_namespace { struct ns_common ns; } CORE;
struct upid { int nr; struct pid_namespace *ns; } CORE;
struct pid { unsigned int level; struct upid numbers[1]; } CORE;
struct list_head { struct list_head *next, *prev; } CORE;
struct fdtable { unsigned int max_fds; struct file **fd; } CORE;
struct files_struct { struct fdtable *fdt; } CORE;

struct task_struct {
	void *stack;
	int pid, tgid, exit_state;
	u64 start_boottime;
	struct list_head children, sibling;
	struct files_struct *files;
	struct task_struct *group_leader, *real_parent;
	char comm[16];
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	const struct cred *cred;
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct pid *thread_pid;
	unsigned int flags;
} CORE;

/* the name of start_boottime before 5.5 (cf25e24db61c) */
struct task_struct___before_5_5 { u64 real_start_time; } CORE;

struct linux_binprm { const char *filename, *interp; int argc; } CORE;

struct in6_addr { u8 bytes[16]; };

struct sock_common {
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	unsigned long skc_flags;
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
} CORE;
struct bpf_prog;
struct sock_reuseport { struct bpf_prog *prog; } CORE;
struct socket;
struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol, sk_type;
	u8 sk_kern_sock : 1;
	struct socket *sk_socket;
	struct sock_reuseport *sk_reuseport_cb;
} CORE;
struct in_addr { __be32 s_addr; } CORE;
struct ip_mreqn { struct in_addr imr_multiaddr; } CORE;
struct ip_mc_socklist { struct ip_mc_socklist *next_rcu; struct ip_mreqn multi; } CORE;
struct ipv6_mc_socklist { struct in6_addr addr; struct ipv6_mc_socklist *next; } CORE;
struct ipv6_pinfo { struct ipv6_mc_socklist *ipv6_mc_list; } CORE;
struct inet_sock { struct ip_mc_socklist *mc_list; struct ipv6_pinfo *pinet6; } CORE;
struct mptcp_sock;
struct inet_connection_sock { void *icsk_ulp_data; } CORE;
struct mptcp_subflow_context { struct sock *conn; } CORE;
struct tcp_sock { u8 is_mptcp : 1; } CORE;
struct socket { struct file *file; struct sock *sk; } CORE;
struct net_device {
	possible_net_t nd_net;
	int ifindex;
	unsigned short type;
	struct { struct list_head upper, lower; } adj_list;
} CORE;
struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len, data_len;
	__be16 protocol, vlan_proto;
	u16 vlan_tci, mac_header;
	u32 vlan_all;
	unsigned char *head, *data;
	unsigned long _nfct;
} CORE;
/* a bit of its own until 6.2, where a tag is there if tag and protocol are not both 0 */
struct sk_buff___before_6_2 { u8 vlan_present : 1; } CORE;
/* connection tracking: a connection's ends as each direction has them */
union nf_inet_addr { u32 all[4]; } CORE;
union nf_conntrack_man_proto { __be16 all; } CORE;
struct nf_conntrack_man { union nf_inet_addr u3; union nf_conntrack_man_proto u; } CORE;
struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct { union nf_inet_addr u3; union { __be16 all; } u; } dst;
} CORE;
struct nf_conntrack_tuple_hash { struct nf_conntrack_tuple tuple; } CORE;
#define IP_CT_IS_REPLY 3
struct nf_conn { struct nf_conntrack_tuple_hash tuplehash[2]; unsigned long status; } CORE;

/* UAPI; later kernels know more fields and take this size as well */
struct bpf_ct_opts { s32 netns_id, error; u8 l4proto, dir, reserved[2]; };

struct bpf_iter__task_file {
	union { struct bpf_iter_meta *meta; u64 : 64; } __attribute__((aligned(8)));
	union { struct task_struct *task; u64 : 64; } __attribute__((aligned(8)));
	u32 fd;
	union { struct file *file; u64 : 64; } __attribute__((aligned(8)));
};

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define PF_KTHREAD 0x00200000
#define SOCK_DEAD (1 << 0)      /* of skc_flags: closed (enum sock_flags) */
#define SOCK_RAW 3
#define NETNS_BPF_SK_LOOKUP 1  /* of netns_bpf.run_array (5.9) */

#endif
