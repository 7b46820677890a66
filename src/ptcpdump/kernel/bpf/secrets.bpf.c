/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TLS secrets, taken where programs hand them to their own key log. One program at the entry of a function serves all
 * libraries: what differs is said by the cookie of each probe (Linux 5.15). It reads the arguments of that call and
 * nothing else of the program. An object of its own: captures without keys don't load it. */
#include "kernel.h"
#include "verifier.h"
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

/* OpenSSL's public type of a parameter (openssl/core.h, since 3.0) */
struct parameter {
	u64 key;
	u32 type, unused;
	u64 data, size, returned;
};

#define KDF_PARAMETERS 9        /* those of TLS's own calls, with their end */
/* Names of parameters, and how texts begin, as numbers */
#define TEXT_KEY 0x79656bULL                    /* key */
#define TEXT_LABEL 0x6c6562616cULL              /* label */
#define TEXT_DATA 0x61746164ULL                 /* data */
#define TEXT_SECRET 0x746572636573ULL           /* secret */
#define TEXT_SEED 0x64656573ULL                 /* seed */
#define TEXT_KEY_EXPANSION 0x617078652079656bULL        /* "key expa", of "key expansion" (RFC 5246, 6.3) */
#define SHORTEST_LABEL 10       /* of "exp master"; key, iv and finished are shorter, and secrets of nothing else */

/* The parameters of a derivation that matter */
struct derivation {
	struct parameter key, label, data, secret, text, random;
};

static __always_inline long fetch(void *to, u32 size, u64 from, bool may_sleep)
{
	return may_sleep ? bpf_copy_from_user(to, size, (void *)from) : bpf_probe_read_user(to, size, (void *)from);
}

static __always_inline void sort_parameters(struct derivation *d, u64 at, bool may_sleep)
{
	u32 seeds = 0;

	for (int i = 0; i < KDF_PARAMETERS; i++) {
		struct parameter p;
		u64 name = 0;

		if (fetch(&p, sizeof(p), at + i * sizeof(p), may_sleep) || !p.key)
			return;
		touch(p.key, may_sleep);
		bpf_probe_read_user_str(&name, sizeof(name), (void *)p.key);
		if (name == TEXT_KEY)
			d->key = p;
		else if (name == TEXT_LABEL)
			d->label = p;
		else if (name == TEXT_DATA)
			d->data = p;
		else if (name == TEXT_SECRET)
			d->secret = p;
		else if (name == TEXT_SEED && seeds++ == 0)
			d->text = p;
		else if (name == TEXT_SEED && seeds == 3)       /* behind the server's */
			d->random = p;
	}
}

/* Keys of TLS 1.2 and older are expanded from the master secret, which is a line of a key log by itself; those of TLS
 * 1.3 from secrets that user space knows the connections of. */
static __always_inline bool read_derivation(struct secret *s, const struct derivation *d, bool may_sleep)
{
	if (d->random.size == SECRET_RANDOM && d->secret.size == 48) {
		u64 begins = 0;

		if (fetch(&begins, sizeof(begins), d->text.data, may_sleep) || begins != TEXT_KEY_EXPANSION)
			return false;
		__builtin_memcpy(s->label, "CLIENT_RANDOM", sizeof("CLIENT_RANDOM"));
		s->length = 48;
		return !fetch(s->secret, 48, d->secret.data, may_sleep) &&
		       !fetch(s->random, SECRET_RANDOM, d->random.data, may_sleep);
	}
	if (d->key.size != d->data.size || d->label.size < SHORTEST_LABEL || d->label.size >= SECRET_LABEL_GO)
		return false;
	s->derived = 1;
	s->length = s->transcript_length = d->key.size;
	if (fetch(s->label, d->label.size & (SECRET_LABEL_GO - 1), d->label.data, may_sleep))
		return false;
	return d->key.size == 32 ? !fetch(s->secret, 32, d->key.data, may_sleep) &&
				   !fetch(s->transcript, 32, d->data.data, may_sleep) :
	       d->key.size == 48 ? !fetch(s->secret, 48, d->key.data, may_sleep) &&
				   !fetch(s->transcript, 48, d->data.data, may_sleep) : false;
}

/* EVP_KDF_derive(context, result, its length, parameters): OpenSSL's public function, where that for logs can't be told */
static __always_inline int on_derivation(struct pt_regs *regs, bool may_sleep)
{
	u32 zero = 0;
	struct secret_counters *c = bpf_map_lookup_elem(&secret_counters, &zero);
	struct derivation d = {};
	struct secret *s;

	sort_parameters(&d, C_ARGUMENT(regs, 3), may_sleep);
	if (!d.random.size && !d.data.size)
		return 0;       /* not TLS's, or of no interest */
	s = bpf_ringbuf_reserve(&secrets, sizeof(*s), 0);
	if (!s) {
		if (c)
			c->lost++;
		return 0;
	}
	__builtin_memset(s, 0, sizeof(*s));
	if (!read_derivation(s, &d, may_sleep)) {
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		return 0;
	}
	s->time = bpf_ktime_get_ns();
	fill_task(&s->owner, (struct task_struct *)bpf_get_current_task(), FOUND_NONE);
	bpf_ringbuf_submit(s, BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("uprobe.s") int secret_go(struct pt_regs *regs) { return on_go(regs, true); }
SEC("uprobe.s") int secret_c(struct pt_regs *regs) { return on_c(regs, true); }
SEC("uprobe.s") int secret_kdf(struct pt_regs *regs) { return on_derivation(regs, true); }
/* the same for kernels before 6.0 */
SEC("uprobe") int secret_go_awake(struct pt_regs *regs) { return on_go(regs, false); }
SEC("uprobe") int secret_c_awake(struct pt_regs *regs) { return on_c(regs, false); }
SEC("uprobe") int secret_kdf_awake(struct pt_regs *regs) { return on_derivation(regs, false); }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
