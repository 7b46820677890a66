/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What tells who opens and uses sockets on kernels before 5.10: probes of the kernel's functions (kprobes, which need no type
 * information) and the tracepoint of TCP's states. */
#ifndef PTCPDUMP_PLAIN_HOOKS_H
#define PTCPDUMP_PLAIN_HOOKS_H

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#define FIRST(regs) ((void *)(regs)->di)
#define SECOND(regs) ((void *)(regs)->si)
#define RETURNED(regs) ((void *)(regs)->ax)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31], sp, pc, pstate;
};
#define FIRST(r) ((void *)(r)->regs[0])
#define SECOND(r) ((void *)(r)->regs[1])
#define RETURNED(r) ((void *)(r)->regs[0])
#else
#error "no order of arguments is known for this machine"
#endif

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define TCP_LISTEN 10

/* Without a probe of tcp_connect(): the port of a connection is not known before it is there. */
static __always_inline void begins(void *sk)
{
	struct places *p = my_places();
	struct owner owner;
	u64 id = (u64)sk;

	if (p && fill_owner(&owner, p, FOUND_SOCKET))
		bpf_map_update_elem(&connecting, &id, &owner, BPF_ANY);
}

static __always_inline void is_connected(void *sk)
{
	struct places *p = my_places();
	u64 id = (u64)sk;
	struct owner *owner = bpf_map_lookup_elem(&connecting, &id);
	struct socket_head h;
	struct flow_key key = {};
	struct flow flow = {};

	if (!p || !owner)
		return;
	flow.owner = *owner;
	bpf_map_delete_elem(&connecting, &id);
	if (!bpf_probe_read(&h, sizeof(h), sk) && socket_key(&key, &h, p, IPPROTO_TCP))
		bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* struct msghdr as of Linux 4.0 to 5.13, that of sendmsg(2) and its like; loading/openers.py proves it. */
#define MSG_IOV 40
struct vector {
	u64 base, size;
};

/* An echo request by a raw socket, whose identifier is in the message alone. */
static __always_inline void note_echo(void *sk, void *message, u32 protocol, u8 request)
{
	struct places *p = my_places();
	struct socket_head h;
	struct flow_key key = {};
	struct flow flow = {}, *known;
	struct vector vector;
	void *vectors;
	u8 head[8];

	if (!p || bpf_probe_read(&h, sizeof(h), sk) || h.net != p->net || !(h.bits & OF_PROCESS) ||
	    bpf_probe_read(&vectors, sizeof(vectors), message + MSG_IOV) ||
	    bpf_probe_read(&vector, sizeof(vector), vectors) || vector.size < sizeof(head) ||
	    bpf_probe_read(head, sizeof(head), (void *)vector.base) || head[0] != request || head[1])
		return;
	key.netns = p->netns;
	key.protocol = protocol;
	__builtin_memcpy(&key.local_port, head + 4, 2);
	if (protocol == IPPROTO_ICMP)
		key.local[2] = bpf_htonl(0xffff);
	known = bpf_map_lookup_elem(&flows, &key);
	if (!fill_owner(&flow.owner, p, FOUND_SOCKET))
		return;
	if (known && known->owner.pid == flow.owner.pid && known->owner.start == flow.owner.start)
		return;
	if (known)
		flow.owner.found = FOUND_FLOW;          /* two of the same identifier */
	if (remember(sk, &key))
		bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* listen(2) of the loader's own thread tells the captured namespace. */
static __always_inline void learn_namespace(void *sk)
{
	struct places *p = my_places();
	struct socket_head h;

	if (p && !p->net && p->looker && !bpf_probe_read(&h, sizeof(h), sk))
		p->net = h.net;
}

SEC("raw_tp/inet_sock_set_state")
int tcp_state(struct bpf_raw_tracepoint_args *ctx)
{
	void *sk = (void *)ctx->args[0];
	u32 before = ctx->args[1], state = ctx->args[2];
	struct socket_head h;
	u64 id = (u64)sk;

	if (state == TCP_SYN_SENT) {
		begins(sk);
	} else if (state == TCP_ESTABLISHED && before == TCP_SYN_SENT) {
		is_connected(sk);
	} else if (state == TCP_ESTABLISHED) {
		forget_ends(sk, IPPROTO_TCP);   /* nobody has accepted it yet */
	} else if (state == TCP_LISTEN) {
		learn_namespace(sk);
		/* of several that listen at one port the kernel chooses one */
		if (!bpf_probe_read(&h, sizeof(h), sk) && !(h.bits & REUSE_PORT))
			note(sk, IPPROTO_TCP, FOUND_LISTENER, true);
	} else if (state == TCP_CLOSE) {
		bpf_map_delete_elem(&connecting, &id);
		if (before == TCP_LISTEN) {
			forget_ends(sk, IPPROTO_TCP);
			forget(sk);
		}
	}
	return 0;
}

#define USES(function, protocol, closes) \
SEC("kprobe/" #function) int function(struct pt_regs *ctx) \
{ note(FIRST(ctx), protocol, FOUND_SOCKET, closes); return 0; }

#define CLOSES(function, protocol) \
SEC("kprobe/" #function) int function(struct pt_regs *ctx) \
{ forget_ends(FIRST(ctx), protocol); forget(FIRST(ctx)); return 0; }

USES(tcp_connect, IPPROTO_TCP, false)
USES(tcp_sendmsg, IPPROTO_TCP, false)
USES(udp_sendmsg, IPPROTO_UDP, true)
USES(udpv6_sendmsg, IPPROTO_UDP, true)
USES(udp_recvmsg, IPPROTO_UDP, true)
USES(udpv6_recvmsg, IPPROTO_UDP, true)
USES(ping_v4_sendmsg, IPPROTO_ICMP, true)
USES(ping_v6_sendmsg, IPPROTO_ICMPV6, true)
CLOSES(udp_destroy_sock, IPPROTO_UDP)
CLOSES(udpv6_destroy_sock, IPPROTO_UDP)
CLOSES(ping_close, IPPROTO_ICMP)

/* their ends have no ports */
SEC("kprobe/raw_close")
int raw_close(struct pt_regs *ctx)
{
	forget(FIRST(ctx));
	return 0;
}

SEC("kprobe/rawv6_close")
int rawv6_close(struct pt_regs *ctx)
{
	forget(FIRST(ctx));
	return 0;
}

SEC("kprobe/raw_sendmsg")
int raw_sendmsg(struct pt_regs *ctx)
{
	note_echo(FIRST(ctx), SECOND(ctx), IPPROTO_ICMP, 8);
	return 0;
}

SEC("kprobe/rawv6_sendmsg")
int rawv6_sendmsg(struct pt_regs *ctx)
{
	note_echo(FIRST(ctx), SECOND(ctx), IPPROTO_ICMPV6, 128);
	return 0;
}

SEC("kretprobe/inet_csk_accept")
int inet_csk_accept(struct pt_regs *ctx)
{
	note(RETURNED(ctx), IPPROTO_TCP, FOUND_SOCKET, false);
	return 0;
}

#endif
