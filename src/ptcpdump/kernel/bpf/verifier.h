/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the verifiers of different kernels take: functions of the kernel, functions and loops of ours, and pointers. */
#ifndef PTCPDUMP_VERIFIER_H
#define PTCPDUMP_VERIFIER_H

#ifdef BEFORE_5_17
/* These kernels refuse calls of functions that they don't have even where nobody gets to. */
static __always_inline struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
							 u32 tuple_size, struct bpf_ct_opts *options, u32 options_size)
{
	return NULL;
}

static __always_inline void bpf_ct_release(struct nf_conn *connection)
{
}
#else
/* 5.18; absent symbols are NULL */
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, u32 tuple_size,
					 struct bpf_ct_opts *options, u32 options_size) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *connection) __ksym __weak;
/* 6.2: the kernel's own sk_buff behind a program's view of it, whose fields are then read without a call */
extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;
/* 6.2: an address taken for an object of a type; reading from it never fails */
extern void *bpf_rdonly_cast(const void *address, u32 type) __ksym __weak;
#endif

/* A field of the network namespace of the device that a packet is at. */
#define read_device_net(skb, field) BPF_CORE_READ((struct sk_buff *)(skb), dev, nd_net.net, field)
#ifdef BEFORE_5_17
#define device_net(skb, field) read_device_net(skb, field)
#else
#define device_net(skb, field) \
	(bpf_cast_to_kern_ctx ? ((struct sk_buff *)bpf_cast_to_kern_ctx(skb))->dev->nd_net.net->field : \
				read_device_net(skb, field))
#endif

/* A function that the verifier looks at once, on its own, instead of on each path that leads there: attaching stays
 * quick. It may not trust its pointers to be there. Linux before 5.13 takes no pointers in such functions: for it they
 * are functions that are looked at wherever they are called. */
#ifdef BEFORE_5_13
#define ONCE static __attribute__((noinline))
#else
#define ONCE __attribute__((noinline))
#endif

/* For loops that the verifier takes for ones without end before 5.16, because it forgets numbers of 32 bits on the
 * stack. */
#ifdef BEFORE_5_17
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif

/* Call body(0, context), body(1, context) ... until it returns 1, `count` times, but not more often than `most`, a
 * constant. The verifier looks at one round of it, where the kernel has the helper, not at all of them. */
static __always_inline void repeat(const u32 most, u32 count, long (*body)(u32, void *), void *context)
{
#ifdef BEFORE_5_17
	u64 i;          /* numbers of 64 bits are known on the stack to all verifiers */

	for (i = 0; i < most && i < count; i++) {
		if (body(i, context))
			return;
	}
#else
	bpf_loop(count < most ? count : most, body, context, 0);
#endif
}

#ifdef BEFORE_5_17
#define CAN_CAST false
#define CAST(address, type) ((struct type *)(address))
#else
/* Numbers of types in the running kernel's own BTF, set by the loader: libbpf knows those of the BTF that it relocates by,
 * which is an excerpt. */
static const volatile struct {
	u32 task_struct, sock;
} type_ids SEC(".rodata.types") = {};

#define CAN_CAST (bpf_rdonly_cast != NULL)
#define CAST(address, type) ((struct type *)bpf_rdonly_cast((const void *)(address), type_ids.type))
#endif

/* What a pointer is, as a number: to helpers that read memory the verifier does not give any pointer. */
static __always_inline u64 address_of(const void *object)
{
	u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &object);
	return address;
}

/* The kernel's own socket behind a program's view of it. */
static __always_inline struct sock *sock_of(const void *sk)
{
	return CAN_CAST ? CAST(sk, sock) : (struct sock *)address_of(sk);
}

#endif
