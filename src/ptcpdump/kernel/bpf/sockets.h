/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Hooks that see a task with its socket. All are optional: each kernel runs what it allows. */
#ifndef PTCPDUMP_SOCKETS_H
#define PTCPDUMP_SOCKETS_H

/* cgroup v2 hooks at the root: storage in these since 5.9 (sock) and 5.3 (sock_addr) */
#define CGROUP_SOCK(name, section) \
SEC(section) int name(struct bpf_sock *ctx) { record_owner(ctx); store_socket(ctx, 0); return 1; }

#define CGROUP_ADDR(name, section) \
SEC(section) int name(struct bpf_sock_addr *ctx) \
{ \
	struct bpf_sock *sk = ctx->sk; \
	if (sk) \
		record_owner(sk); \
	return 1; \
}

CGROUP_SOCK(sock_create, "cgroup/sock_create")
CGROUP_SOCK(post_bind4, "cgroup/post_bind4")
CGROUP_SOCK(post_bind6, "cgroup/post_bind6")
CGROUP_ADDR(connect4, "cgroup/connect4")
CGROUP_ADDR(connect6, "cgroup/connect6")
CGROUP_ADDR(sendmsg4, "cgroup/sendmsg4")
CGROUP_ADDR(sendmsg6, "cgroup/sendmsg6")
CGROUP_ADDR(recvmsg4, "cgroup/recvmsg4")
CGROUP_ADDR(recvmsg6, "cgroup/recvmsg6")
/* run inside accept(2) when the caller wants the peer's address: the first sight of who accepted (5.8) */
CGROUP_ADDR(getpeername4, "cgroup/getpeername4")
CGROUP_ADDR(getpeername6, "cgroup/getpeername6")

/* Tracepoints with BTF, storage since 5.11. The first runs in the receiving task, the others in the sending one. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_received, struct sock *sk)
{
	record_owner(sk);
	return 0;
}

SEC("tp_btf/tcp_sendmsg_locked") /* 6.16 */
int BPF_PROG(tcp_sending, struct sock *sk)
{
	record_owner(sk);
	return 0;
}

/* Sockets that never see a device are used much, too. */
static __always_inline bool has_packets(const struct sock *sk)
{
	return sk->__sk_common.skc_family != AF_UNIX && sk->__sk_common.skc_family != AF_NETLINK;
}

SEC("tp_btf/sock_recv_length") /* 6.3; also for UDP on connected sockets, which sendmsg and recvmsg hooks do not see */
int BPF_PROG(socket_received, struct sock *sk)
{
	if (has_packets(sk) && sk->sk_protocol != IPPROTO_TCP)     /* tcp_received tells of those */
		record_owner(sk);
	return 0;
}

SEC("tp_btf/sock_send_length") /* 6.3; after the fact: right from the second packet on */
int BPF_PROG(socket_sent, struct sock *sk)
{
	if (has_packets(sk) && (sk->sk_protocol != IPPROTO_TCP || !config.tcp_sending))
		record_owner(sk);
	return 0;
}

/* connect and listen run in the task; the other changes of state may run anywhere */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int from, int to)
{
	if (to == 2 /* TCP_SYN_SENT */ || to == TCP_LISTEN)
		record_owner(sk);
	if (to == TCP_ESTABLISHED || to == TCP_LISTEN)
		store_socket(sk, 0);
	else if (from == TCP_ESTABLISHED)
		store_socket(sk, bpf_ktime_get_ns());
	return 0;
}

/* Function entry and exit where a kernel has them: they see what the tracepoints above come too late for. */
SEC("fexit/inet_csk_accept")
int BPF_PROG(accept_before_6_10, struct sock *listener, int flags, int *err, bool kern, struct sock *sk)
{
	if (sk)
		record_owner(sk);
	return 0;
}

SEC("fexit/inet_csk_accept") /* its arguments changed in 6.10 (92ef0fd55ac8) */
int BPF_PROG(accept, struct sock *listener, void *arg, struct sock *sk)
{
	if (sk)
		record_owner(sk);
	return 0;
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(tcp_sendmsg, struct sock *sk)
{
	record_owner(sk);
	return 0;
}

SEC("fentry/udp_sendmsg")
int BPF_PROG(udp_sendmsg, struct sock *sk)
{
	record_owner(sk);
	return 0;
}

SEC("fentry/udpv6_sendmsg")
int BPF_PROG(udpv6_sendmsg, struct sock *sk)
{
	record_owner(sk);
	return 0;
}

/* Sockets that were there before us: read once, after all hooks are attached (5.11). */
SEC("iter/task_file")
int scan_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct owner *o;
	struct sock *sk;
	u16 family;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6 && family != AF_PACKET)
		return 0;
	o = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (o && !o->pid)
		fill_task(o, task, FOUND_SCAN);
	if (o)
		store_tuple(sk, o, 0);
	return 0;
}

#endif
