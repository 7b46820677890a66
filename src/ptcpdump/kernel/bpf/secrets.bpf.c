/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TLS secrets, taken where programs hand them to their own key log. One program at the entry of a function serves all
 * libraries: what differs is said by the cookie of each probe (Linux 5.15). It reads the arguments of that call and
 * nothing else of the program. An object of its own: captures without keys don't load it. */
#include "kernel.h"
#include "secret.h"

const volatile struct config config SEC(".rodata.config") = {};

#include "pids.h"
#include "task.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SECRET_BUFFER);
} secrets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct secret_counters);
} secret_counters SEC(".maps");

/* Registers in the order of arguments. Go (ABIInternal since 1.17) has an order of its own. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#define C_ARGUMENT(regs, n) ((n) == 0 ? (regs)->di : (n) == 1 ? (regs)->si : (n) == 2 ? (regs)->dx : (regs)->cx)
#define GO_LABEL(regs) ((regs)->bx)
#define GO_LABEL_LENGTH(regs) ((regs)->cx)
#define GO_RANDOM(regs) ((regs)->di)
#define GO_RANDOM_LENGTH(regs) ((regs)->si)
#define GO_SECRET(regs) ((regs)->r9)
#define GO_SECRET_LENGTH(regs) ((regs)->r10)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31], sp, pc, pstate;
};
#define C_ARGUMENT(regs, n) ((regs)->regs[n])
#define GO_LABEL(r) ((r)->regs[1])
#define GO_LABEL_LENGTH(r) ((r)->regs[2])
#define GO_RANDOM(r) ((r)->regs[3])
#define GO_RANDOM_LENGTH(r) ((r)->regs[4])
#define GO_SECRET(r) ((r)->regs[6])
#define GO_SECRET_LENGTH(r) ((r)->regs[7])
#else
#error "no order of arguments is known for this machine"
#endif

/* Where the arguments of a call point, as the shape of the function has them. */
struct arguments {
	u64 label, label_length;        /* label_length 0: up to a NUL */
	u64 random;
	u64 secret, secret_length;
};

/* Have the page there that is read next: a label is often in one that the program itself has not looked at yet. Only
 * programs that may sleep can do that (Linux 6.0); for others what is not there is unreadable, and counted. */
static __always_inline void touch(u64 address, bool may_sleep)
{
	u8 byte;

	if (may_sleep)
		bpf_copy_from_user(&byte, 1, (void *)address);
}

static __always_inline bool read_secret(struct secret *s, const struct arguments *a, bool may_sleep)
{
	u64 length = a->secret_length;

	touch(a->label, may_sleep);
	if (length == 0 || length > SECRET_MAX)
		return false;
	s->length = length;
	if (a->label_length) {
		if (bpf_probe_read_user(s->label, a->label_length & (SECRET_LABEL_GO - 1), (void *)a->label))
			return false;
	} else if (bpf_probe_read_user_str(s->label, SECRET_LABEL, (void *)a->label) <= 1) {
		return false;
	}
	/* all that fits is read, of which `length` bytes count: their number need not be proven to the verifier */
	return !bpf_probe_read_user(s->random, SECRET_RANDOM, (void *)a->random) &&
	       (length == 32 ? !bpf_probe_read_user(s->secret, 32, (void *)a->secret) :
		length == 48 ? !bpf_probe_read_user(s->secret, 48, (void *)a->secret) :
		length == 64 ? !bpf_probe_read_user(s->secret, 64, (void *)a->secret) : false);
}

static __always_inline int send_secret(void *ctx, const struct arguments *a, bool may_sleep)
{
	u32 zero = 0;
	struct secret_counters *c = bpf_map_lookup_elem(&secret_counters, &zero);
	struct secret *s = bpf_ringbuf_reserve(&secrets, sizeof(*s), 0);

	if (!s) {
		if (c)
			c->lost++;
		return 0;
	}
	__builtin_memset(s, 0, sizeof(*s));
	if (!read_secret(s, a, may_sleep)) {
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		if (c)
			c->unreadable++;
		return 0;
	}
	s->time = bpf_ktime_get_ns();
	s->library = COOKIE_LIBRARY(bpf_get_attach_cookie(ctx));
	fill_task(&s->owner, (struct task_struct *)bpf_get_current_task(), FOUND_NONE);
	bpf_ringbuf_submit(s, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* Config.writeKeyLog(label string, clientRandom, secret []byte) of Go's crypto/tls */
static __always_inline int on_go(struct pt_regs *regs, bool may_sleep)
{
	struct arguments a = {
		.label = GO_LABEL(regs),
		.label_length = GO_LABEL_LENGTH(regs),
		.random = GO_RANDOM(regs),
		.secret = GO_SECRET(regs),
		.secret_length = GO_SECRET_LENGTH(regs),
	};

	if (a.label_length == 0 || a.label_length >= SECRET_LABEL_GO || GO_RANDOM_LENGTH(regs) != SECRET_RANDOM)
		return 0;
	return send_secret(regs, &a, may_sleep);
}

/* f(object, label, secret, length): OpenSSL, BoringSSL and GnuTLS all have one of this kind. */
static __always_inline int on_c(struct pt_regs *regs, bool may_sleep)
{
	u64 cookie = bpf_get_attach_cookie(regs), object = C_ARGUMENT(regs, 0);
	struct arguments a = {
		.label = C_ARGUMENT(regs, 1),
		.secret = C_ARGUMENT(regs, 2),
		.secret_length = C_ARGUMENT(regs, 3),
	};

	if (COOKIE_INDIRECT(cookie) &&
	    bpf_probe_read_user(&object, sizeof(object), (void *)(object + COOKIE_POINTER(cookie))))
		return 0;
	a.random = object + COOKIE_OFFSET(cookie);
	return send_secret(regs, &a, may_sleep);
}

SEC("uprobe.s") int secret_go(struct pt_regs *regs) { return on_go(regs, true); }
SEC("uprobe.s") int secret_c(struct pt_regs *regs) { return on_c(regs, true); }
/* the same for kernels before 6.0 */
SEC("uprobe") int secret_go_awake(struct pt_regs *regs) { return on_go(regs, false); }
SEC("uprobe") int secret_c_awake(struct pt_regs *regs) { return on_c(regs, false); }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
