/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* For kernels before 5.10. The packet programs need nothing but what Linux 4.10 has, the others Linux 4.17: no global data
 * (5.2), no functions of our own (4.16), no types of the kernel, fewer than 4096 instructions. Whose a packet is stands in
 * `flows`, where those write who uses which socket, and user space what it has read in /proc (owners/lookup.py); it is
 * asked for the others when they are read. */
#define BEFORE_5_13
#define BEFORE_5_17
#include "kernel.h"
#include "places.h"
#include "base_maps.h"

/* One entry, written by the loader after this is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct config);
} settings SEC(".maps");

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58

/* The ends of a packet, as they stand in it. */
struct ends {
	u32 source[4], destination[4];
	__be16 sport, dport;
	u32 protocol;
	bool opens;             /* a SYN without ACK: any earlier connection between these ports is over */
};

static __always_inline void map4(u32 *to, u32 address)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = bpf_htonl(0xffff);
	to[3] = address;
}

#include "plain_tasks.h"
#include "plain_sockets.h"
#include "plain_hooks.h"
#include "plain_processes.h"

/* Addresses of an IP header at `offset`. Returns where the next header is; 0: it has no ports. */
static __always_inline u32 read_addresses(struct __sk_buff *skb, u32 offset, struct ends *e)
{
	u32 h[10];

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, offset, h, 20) || h[1] & bpf_htonl(0x3fff))         /* a fragment */
			return 0;
		map4(e->source, h[3]);
		map4(e->destination, h[4]);
		e->protocol = bpf_ntohl(h[2]) >> 16 & 0xff;
		return offset + (bpf_ntohl(h[0]) >> 24 & 15) * 4;
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, offset, h, 40))
			return 0;
		__builtin_memcpy(e->source, &h[2], 16);
		__builtin_memcpy(e->destination, &h[6], 16);
		e->protocol = bpf_ntohl(h[1]) >> 8 & 0xff;
		return offset + 40;
	}
	return 0;
}

/* The ends of a TCP or UDP packet, or of an echo request or its answer, whose identifier takes the place of ports. */
static __always_inline bool read_ends(struct __sk_buff *skb, u32 offset, u8 direction, struct ends *e)
{
	u32 h[2], at = read_addresses(skb, offset, e), flags = 0;

	if (!at || bpf_skb_load_bytes(skb, at, h, 8))
		return false;
	e->sport = bpf_htons(bpf_ntohl(h[0]) >> 16);
	e->dport = bpf_htons(bpf_ntohl(h[0]));
	if (e->protocol == IPPROTO_TCP) {
		if (bpf_skb_load_bytes(skb, at + 12, &flags, 4))
			return false;
		e->opens = (bpf_ntohl(flags) >> 16 & 0x12) == 2;
		return true;
	}
	if (e->protocol == IPPROTO_ICMP || e->protocol == IPPROTO_ICMPV6) {
		u32 type = bpf_ntohl(h[0]) >> 24, request = e->protocol == IPPROTO_ICMP ? 8 : 128;
		u32 answer = e->protocol == IPPROTO_ICMP ? 0 : 129;

		e->sport = e->dport = bpf_htons(bpf_ntohl(h[1]) >> 16);
		return type == (direction == DIRECTION_OUT ? request : answer);
	}
	return e->protocol == IPPROTO_UDP;
}

static __always_inline struct flow *lookup_local(struct flow_key *key, bool in)
{
	struct flow *known;

	key->remote_port = 0;
	__builtin_memset(key->remote, 0, sizeof(key->remote));
	known = bpf_map_lookup_elem(&flows, key);
	if (!known) {
		if (key->local[0] | key->local[1] | (key->local[2] ^ bpf_htonl(0xffff)))
			key->local[2] = 0;
		key->local[0] = key->local[1] = key->local[3] = 0;
		known = bpf_map_lookup_elem(&flows, key);
	}
	/* who was the last to send from there */
	return known && in && known->owner.found == FOUND_FLOW ? NULL : known;
}

/* sending: a hook tells who opens a connection, before its first packet goes out. */
static __always_inline void find_owner(struct __sk_buff *skb, u32 netns, u8 direction, bool link, bool sending,
				       struct owner *owner)
{
	struct ends e = {};
	struct flow_key key = {};
	struct flow *known = NULL;
	bool in = direction == DIRECTION_IN;

	if (!read_ends(skb, link ? 14 : 0, direction, &e))
		return;
	key.netns = netns;
	key.protocol = e.protocol;
	__builtin_memcpy(key.local, in ? e.destination : e.source, 16);
	__builtin_memcpy(key.remote, in ? e.source : e.destination, 16);
	key.local_port = in ? e.dport : e.sport;
	key.remote_port = in ? e.sport : e.dport;
	if (e.opens && (in || !sending))
		bpf_map_delete_elem(&flows, &key);
	else
		known = bpf_map_lookup_elem(&flows, &key);
	/* who was the last to send on a socket that several processes use */
	if (known && in && e.protocol != IPPROTO_TCP && known->owner.found == FOUND_FLOW)
		return;
	/* of a connection user space knows more than that there is a listener */
	if (!known && (e.protocol != IPPROTO_TCP || (e.opens && in)))
		known = lookup_local(&key, in);
	if (known)
		*owner = known->owner;
}

static __always_inline void capture(struct __sk_buff *skb, u8 direction, bool link)
{
	u32 zero = 0, size = skb->len;
	struct config *config = bpf_map_lookup_elem(&settings, &zero);
	struct counters *c = my_counters();
	struct record r = {};

	if (!config || !c)
		return;
	c->received++;
	r.time = bpf_ktime_get_ns();
	r.ifindex = skb->ifindex;
	r.netns = config->netns;
	r.direction = direction;
	r.length = size;
	r.captured = config->snaplen;
	if (link && skb->vlan_present) {
		r.has_tag = 1;
		r.tag = (u32)bpf_ntohs(skb->vlan_proto) << 16 | (skb->vlan_tci & 0xffff);
		r.length += 4;
		r.captured = r.captured > 4 ? r.captured - 4 : 0;
	}
	if (r.captured > size)
		r.captured = size;
	if (r.captured > PERF_CAPTURE)
		r.captured = PERF_CAPTURE;
	find_owner(skb, r.netns, direction, link, config->tcp_sending, &r.owner);
	if (bpf_perf_event_output(skb, &packets_perf, BPF_F_CURRENT_CPU | (u64)r.captured << 32, &r, sizeof(r)))
		count_lost(r.netns, r.ifindex);
}

#define TC(name, direction, link) \
SEC("tc") int name(struct __sk_buff *skb) { capture(skb, direction, link); return -1; }

TC(tc_ingress, DIRECTION_IN, true)
TC(tc_egress, DIRECTION_OUT, true)
TC(tc_ingress_l3, DIRECTION_IN, false)
TC(tc_egress_l3, DIRECTION_OUT, false)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
