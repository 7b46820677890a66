/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Reading the bytes of a packet, in each way that hooks have to do it. */
#ifndef PTCPDUMP_READING_H
#define PTCPDUMP_READING_H

/* The bytes of a packet, as the hook may read them. */
struct view {
	struct __sk_buff *skb;  /* where packets are read by helpers */
	bool memory;            /* else they are kernel memory, as far as they lie in one piece */
	bool direct;            /* or may be looked at where they lie, between `data` and `end`; helpers read the others */
	bool link;              /* the packet begins with a link header */
	u16 protocol;           /* EtherType, host order */
	u32 linear;
	const char *start;
	const char *data, *end;
};

#define FAR 1024        /* the verifier wants to know how far into a packet we look */

/* In pieces as large as they come: headers lie at 2 bytes past a multiple of 4, which makes them well aligned. */
static __always_inline void copy_header(void *to, const char *from, u32 size)
{
	u32 i;

	for (i = 0; i + 4 <= size; i += 4)
		*(u32 *)(to + i) = *(const u32 *)(from + i);
	if (size & 2) {
		*(u16 *)(to + i) = *(const u16 *)(from + i);
		i += 2;
	}
	if (size & 1)
		*(u8 *)(to + i) = *(const u8 *)(from + i);
}

static __always_inline long read_far(const struct view *v, u32 offset, void *to, const u32 size)
{
	if (!v->memory)
		return bpf_skb_load_bytes(v->skb, offset, to, size);
	if (offset + size > v->linear)
		return -1;
	return bpf_probe_read_kernel(to, size, v->start + offset);
}

/* size is a constant; `to` is aligned to 4 bytes where that many are read. What is rare is better read by read_far():
 * the verifier follows both ways of reading here. */
static __always_inline long read_bytes(const struct view *v, u32 offset, void *to, const u32 size)
{
	if (v->direct) {
		const char *at;

		barrier_var(offset);
		if (offset <= FAR) {
			at = v->data + offset;
			if (at + size <= v->end) {
				copy_header(to, at, size);
				return 0;
			}
		}
	}
	return read_far(v, offset, to, size);
}

#endif
