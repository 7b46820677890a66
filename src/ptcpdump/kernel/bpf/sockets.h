/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Hooks that see a task with its socket. All are optional: each kernel runs what it allows. */
#ifndef PTCPDUMP_SOCKETS_H
#define PTCPDUMP_SOCKETS_H

/* cgroup v2 hooks at the root: storage in these since 5.9 (sock) and 5.3 (sock_addr) */
#define CGROUP_SOCK(name, section) \
SEC(section) int name(struct bpf_sock *ctx) { record_user(ctx, is_followed(ctx->protocol), false); return 1; }

#define CGROUP_BOUND(name, section) \
SEC(section) int name(struct bpf_sock *ctx) \
{ \
	record_user(ctx, is_followed(ctx->protocol), false); \
	note_bound_port(address_of(ctx)); \
	return 1; \
}

#define CGROUP_ADDR(name, section, receives) \
SEC(section) int name(struct bpf_sock_addr *ctx) \
{ \
	struct bpf_sock *sk = ctx->sk; \
	if (sk) { \
		record_user(sk, is_followed(ctx->protocol), receives); \
		if (sk->bound_dev_if) \
			note_bound_port(address_of(sk)); \
	} \
	return 1; \
}

/* A datagram socket that is bound gets from its peer alone as soon as it is connected, of which there is no other sign
 * than this one before. */
#define CGROUP_CONNECT(name, section, version) \
SEC(section) int name(struct bpf_sock_addr *ctx) \
{ \
	struct bpf_sock *sk = ctx->sk; \
	if (sk) { \
		record_user(sk, is_followed(ctx->protocol), false); \
		if (is_followed(ctx->protocol) && ctx->protocol != IPPROTO_TCP) \
			track_connecting##version(ctx, sock_of(sk)); \
	} \
	return 1; \
}

static __always_inline void track_connecting(struct bpf_sock_addr *ctx, const struct sock *sk, bool version4)
{
	u64 id = (u64)sk;
	struct tracked *old = bpf_map_lookup_elem(&tracked, &id), new;

	if (!old || !old->key.local_port)
		return;
	new = *old;
	new.key.remote_port = ctx->user_port;
	if (version4) {
		map4(new.key.remote, ctx->user_ip4);
	} else {
		new.key.remote[0] = ctx->user_ip6[0];
		new.key.remote[1] = ctx->user_ip6[1];
		new.key.remote[2] = ctx->user_ip6[2];
		new.key.remote[3] = ctx->user_ip6[3];
	}
	track_as(&new.known, &new, id);
}

/* With stack frames of their own: together with what records the owner they would be too large. One each, for the verifier
 * wants to see which member of the context is read. */
static __noinline void track_connecting4(struct bpf_sock_addr *ctx, const struct sock *sk)
{
	track_connecting(ctx, sk, true);
}

static __noinline void track_connecting6(struct bpf_sock_addr *ctx, const struct sock *sk)
{
	track_connecting(ctx, sk, false);
}

CGROUP_SOCK(sock_create, "cgroup/sock_create")
CGROUP_BOUND(post_bind4, "cgroup/post_bind4")
CGROUP_BOUND(post_bind6, "cgroup/post_bind6")
CGROUP_CONNECT(connect4, "cgroup/connect4", 4)
CGROUP_CONNECT(connect6, "cgroup/connect6", 6)
CGROUP_ADDR(sendmsg4, "cgroup/sendmsg4", false)
CGROUP_ADDR(sendmsg6, "cgroup/sendmsg6", false)
CGROUP_ADDR(recvmsg4, "cgroup/recvmsg4", true)
CGROUP_ADDR(recvmsg6, "cgroup/recvmsg6", true)
/* run inside accept(2) when the caller wants the peer's address: the first sight of who accepted (5.8) */
CGROUP_ADDR(getpeername4, "cgroup/getpeername4", false)
CGROUP_ADDR(getpeername6, "cgroup/getpeername6", false)
/* who asks for the port that a socket was given may tell others of it before it sends (5.8) */
CGROUP_ADDR(getsockname4, "cgroup/getsockname4", false)
CGROUP_ADDR(getsockname6, "cgroup/getsockname6", false)

SEC("cgroup/sock_release") /* 5.9 */
int sock_release(struct bpf_sock *ctx)
{
	struct flow_key key = {};

	if (config.by_tuple || has_no_lookup(ctx->protocol))
		untrack(sock_of(ctx));
	if (config.socket_flows && local_flow_key(&key, sock_of(ctx)))
		bpf_map_delete_elem(&flows, &key);
	return 1;
}

/* What is sent, with its socket, before any device sees it. Backends by tuple learn of ports that are chosen then, and
 * of handshakes and pings that are answered; in tc only where what goes out is not captured (-Q in). */
static __always_inline void learn_sent(struct __sk_buff *skb, struct bpf_sock *sk, struct bpf_sock *full)
{
	struct packet p = {.netns = device_net(skb, ns.inum)};
	struct socket_owner *known;
	struct owner owner = {};

	if (sender_owner(sk, full, &owner) != KNOWN) {
		if (!parse(skb, false, &p) && is_syn(&p))
			forget_flow(&p, DIRECTION_OUT);
		return;
	}
	if (full && full->protocol != IPPROTO_TCP) {
		known = bpf_sk_storage_get(&owners, full, 0, 0);
		if (known)
			follow(known, sock_of(full));
	}
	if (!parse(skb, false, &p))
		store_packet_flow(&p, DIRECTION_OUT, &owner, bpf_ktime_get_ns());
}

SEC("cgroup_skb/egress")
int sent_packet(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (sk)
		learn_sent(skb, sk, bpf_sk_fullsock(sk));
	return 1;
}

/* The same in tc for what passes through from other namespaces and has no socket that can be looked up: echo requests
 * above all. */
SEC("cgroup_skb/egress")
int sent_echo(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *full;

	if (!sk)
		return 1;
	full = bpf_sk_fullsock(sk);
	if (full && full->protocol != IPPROTO_TCP && full->protocol != IPPROTO_UDP)
		learn_sent(skb, sk, full);
	return 1;
}

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
	if (sk->__sk_common.skc_family == AF_UNIX)
		note_handed();
	else if (has_packets(sk) && sk->sk_protocol != IPPROTO_TCP)     /* tcp_received tells of those */
		record_user(sk, config.by_tuple, true);
	if (has_packets(sk) && sk->__sk_common.skc_bound_dev_if)
		note_bound_port(address_of(sk));
	return 0;
}

SEC("tp_btf/sock_send_length") /* 6.3; after the fact: right from the second packet on */
int BPF_PROG(socket_sent, struct sock *sk)
{
	if (has_packets(sk) && (sk->sk_protocol != IPPROTO_TCP || !config.tcp_sending))
		record_owner(sk);
	return 0;
}

/* Backends by tuple know TCP sockets from when they can get packets until then no more; what may still come in (TIME_WAIT)
 * is remembered as a flow. Each half has a stack frame of its own, for together they are too large. */
static __noinline void track_opened(struct sock *sk)
{
	struct socket_owner *known = bpf_sk_storage_get(&owners, sk, 0, 0), nobody = {};

	track(known ? known : &nobody, sk, connection_of(sk));
}

static __noinline void track_closing(struct sock *sk, int from, int to)
{
	struct flow_key key = {};
	struct flow flow = {};

	if (from == TCP_ESTABLISHED && tracked_owner((u64)sk, &flow.owner, false) == KNOWN && socket_flow_key(&key, sk)) {
		flow.time = bpf_ktime_get_ns();
		bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
	}
	if (to == TCP_CLOSE)
		untrack(sk);
}

static __always_inline void track_tcp(struct sock *sk, int from, int to)
{
	if (to == TCP_ESTABLISHED || to == TCP_LISTEN)
		track_opened(sk);
	else
		track_closing(sk, from, to);
}

/* A connection begins to close: whose it was is known by its socket now, and by a flow when that is gone (TIME_WAIT), also
 * where the packets that close it are not captured. */
static __noinline void remember_connection(struct sock *sk)
{
	struct socket_owner *known = bpf_sk_storage_get(&owners, sk, 0, 0);
	struct flow_key key = {};
	struct flow flow = {};

	if (!known || owner_of(known, sk, &flow.owner, false) != KNOWN || !socket_flow_key(&key, sk))
		return;
	flow.time = bpf_ktime_get_ns();
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* connect and listen run in the task; the other changes of state may run anywhere */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int from, int to)
{
	if (to == TCP_SYN_SENT || to == TCP_LISTEN)
		record_owner(sk);
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (to == TCP_LISTEN)
		note_bound_port(address_of(sk));
	if (config.by_tuple)
		track_tcp(sk, from, to);
	else if (from == TCP_ESTABLISHED)
		remember_connection(sk);
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

/* A TCP socket that is only bound, or closed, gets nothing. */
static __always_inline void track_found(const struct socket_owner *known, const struct sock *sk)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP || (state != TCP_CLOSE && state != TCP_SYN_SENT))
		track(known, sk, 0);
}

/* Sockets that were there before us: read once, after all hooks are attached (5.11). */
SEC("iter/task_file")
int scan_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct socket_owner *known;
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
	known = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!known)
		return 0;
	if (!known->owner.pid)
		fill_owner(known, task, FOUND_SCAN);
	if (family != AF_PACKET)
		note_bound_port(address_of(sk));
	if (family != AF_PACKET && (config.by_tuple || has_no_lookup(sk->sk_protocol)))
		track_found(known, sk);
	return 0;
}

#endif
