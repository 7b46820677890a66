/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The backend tp-btf: what devices of all namespaces send and receive, at two tracepoints that give the kernel's own
 * struct sk_buff. What goes out has its socket with it; for what comes in owners are found by tuple. */
#ifndef PTCPDUMP_TRACEPOINT_H
#define PTCPDUMP_TRACEPOINT_H

#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 772
#define ARPHRD_IEEE80211 801
#define ARPHRD_IEEE80211_RADIOTAP 803
#define NO_HEADER 0xffff        /* mac_header of a packet without */
#define LONGEST_HEADER 255      /* of a link layer; more means that mac_header is a leftover of an outer packet */

struct bpf_dynptr { u64 : 64, : 64; } __attribute__((aligned(8)));
/* reads what is not in the linear part */
#ifdef BEFORE_5_17
#define READS_ALL false
static __always_inline int bpf_dynptr_from_skb(struct sk_buff *skb, u64 flags, struct bpf_dynptr *to)
{
	return -1;
}
#else
#define READS_ALL (config.reads_all && bpf_dynptr_from_skb != NULL)
extern int bpf_dynptr_from_skb(struct sk_buff *skb, u64 flags, struct bpf_dynptr *to) __ksym __weak;
#endif

/* The filter programs, filled in by the loader: for packets with and without link header. */
struct stages {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
};
struct stages filters_in SEC(".maps"), filters_out SEC(".maps");

static __always_inline bool has_link_header(const struct net_device *dev)
{
	u16 type = dev->type;

	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK ||
	       (type >= ARPHRD_IEEE80211 && type <= ARPHRD_IEEE80211_RADIOTAP);
}

/* Where the packet begins, and how many bytes lie in one piece from there. Returns the bytes before skb->data. */
static __always_inline u32 look_at(struct view *v, struct sk_buff *skb)
{
	/* read, not followed: as numbers, which may be kept and handed on */
	const char *data = (const char *)BPF_CORE_READ(skb, data), *mac;
	u64 header = 0;

	v->memory = true;
	v->link = has_link_header(skb->dev);
	v->protocol = bpf_ntohs(skb->protocol);
	if (v->link && skb->mac_header != NO_HEADER) {
		mac = (const char *)BPF_CORE_READ(skb, head) + skb->mac_header;
		header = data - mac;
		if (header > LONGEST_HEADER)
			header = 0;
	}
	v->start = data - header;
	v->linear = skb->len - skb->data_len + header;
	return header;
}

/* The tag beside the bytes, as TPID << 16 | TCI; 0 if there is none. */
static __always_inline u32 tag_of(struct sk_buff *skb)
{
	struct sk_buff___before_6_2 *old = (void *)skb;

	if (bpf_core_field_exists(old->vlan_present) && !BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present))
		return 0;
	return (u32)bpf_ntohs(skb->vlan_proto) << 16 | skb->vlan_tci;
}

/* As parse_network_at() and its callers in parse_skb.h. */
static __always_inline struct view memory_view(const struct view *v)
{
	struct view copy = *v;

	copy.memory = true;
	copy.direct = false;
	return copy;
}

__noinline int parse_network_memory(const struct view *v, u32 offset, u32 ethertype, struct packet *p)
{
	struct view copy;

	if (!v || !p)
		return -1;
	copy = memory_view(v);
	return parse_network(&copy, offset, ethertype, p);
}

__noinline int parse_memory(const struct view *v, struct packet *p)
{
	struct view copy;
	u32 offset;
	u16 type;

	if (!v || !p)
		return -1;
	copy = memory_view(v);
	type = parse_link(&copy, &offset);
	return parse_network_memory(v, offset, type, p);
}

__noinline int parse_quoted_memory(const struct view *v, struct packet *p)
{
	struct packet quoted = {};

	if (!v || !p || parse_network_memory(v, quoted_at(p), quoted_type(p), &quoted))
		return -1;
	take_quoted(p, &quoted);
	return 0;
}

/* The owner of a socket that an skb has. Requests and TIME_WAIT are not whole sockets: they have no owner. */
static __always_inline int view_socket_owner(struct sock *sk, struct owner *owner)
{
	struct socket_owner *known = bpf_sk_storage_get(&owners, sk, 0, 0);
	int found = owner_of(known, sk, owner, false);
	u8 state = sk->__sk_common.skc_state;
	u64 id = (u64)sk, connection;

	if (found != NOT_KNOWN || state == TCP_NEW_SYN_RECV || state == TCP_TIME_WAIT || !is_kernel_socket(sk))
		return found;
	connection = sk->sk_protocol == IPPROTO_TCP ? connection_of(sk) : 0;
	if (connection) /* a subflow that connects is not tracked yet */
		return tracked_owner(bpf_map_lookup_elem(&tracked, &id) ? id : connection, owner, false);
	if (sk->sk_type == SOCK_RAW)
		return NOT_KNOWN;
	owner->found = FOUND_KERNEL;
	return KNOWN;
}

/* As sender_owner() in socket_owner.h. stack: an address on the kernel's, not the program's. */
static __noinline int sender_of_view(struct sock *sk, struct owner *owner, u64 stack)
{
	struct socket_owner *known;
	u8 state = sk->__sk_common.skc_state;
	int found;

	if (state != TCP_NEW_SYN_RECV && state != TCP_TIME_WAIT &&
	    (sk->sk_protocol != IPPROTO_TCP || !config.tcp_sending)) {
		known = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (known && ask_sender(known, sk, stack) && sk->__sk_common.skc_family != AF_PACKET)
			follow(known, sk);
	}
	found = view_socket_owner(sk, owner);
	return found == ENDED ? heir_of(bpf_sk_storage_get(&owners, sk, 0, 0), sk, owner) : found;
}

/* skb->sk on the way in is that of the sender, at the other end of a veth pair. */
static __always_inline void attribute_view(struct sk_buff *skb, struct view *v, u8 direction, struct packet *p,
					   struct record *r, void *ctx)
{
	struct sock *sk = skb->sk;
	bool parsed;
	int found = NO_SOCKET;

	if (sk && direction == DIRECTION_OUT)
		found = sender_of_view(sk, &r->owner, address_of(ctx));
	if (found == KNOWN || found == NOBODY)
		return;
	parsed = parse_memory(v, p) == 0;
	if (parsed && is_icmp_error(p) && (direction == DIRECTION_OUT || parse_quoted_memory(v, p)))
		return;
	p->below = parsed && direction == DIRECTION_IN && is_for_above(skb, p);
	if (parsed && attribute_by_tuple(skb, p, direction, skb->dev->ifindex, &r->owner, r->time)) {
		if (!sk && direction == DIRECTION_OUT)
			forget_unsent(&r->owner);
		return;
	}
	if (sk && direction == DIRECTION_IN && config.peer_match && !p->quoted && view_socket_owner(sk, &r->owner) == KNOWN)
		r->owner.found = FOUND_PEER;
}

/* Whether the process at the other end is wanted, if that of this one is not. */
static __always_inline bool view_to_wanted(struct view *v, u8 direction, u32 ifindex, struct workspace *work)
{
	work->packet.quoted = false;
	return config.filter && !parse_memory(v, &work->packet) &&
	       find_other_end_by_tuple(&work->packet, direction, ifindex, &work->other) && wanted(&work->other);
}

/* Copy `size` bytes from offset `from` on; returns how many can be had. */
static __always_inline u32 copy_bytes(struct view *v, struct sk_buff *skb, char *to, u32 from, u32 size, u32 header)
{
	struct bpf_dynptr packet;
	u32 before;

	if (size > MAX_CAPTURE)
		size = MAX_CAPTURE;
	if (from + size > v->linear && !READS_ALL)
		size = v->linear > from ? v->linear - from : 0;
	barrier_var(size);      /* the compiler knows, the verifier does not */
	if (size > MAX_CAPTURE)
		return 0;
	if (from + size <= v->linear)
		return bpf_probe_read_kernel(to, size, v->start + from) ? 0 : size;
	if (!READS_ALL || bpf_dynptr_from_skb(skb, 0, &packet))
		return 0;
	before = header > from ? header - from : 0;
	if (before > LONGEST_HEADER || before >= size)
		return 0;
	if (bpf_probe_read_kernel(to, before, v->start + from))
		return 0;
	size -= before;
	if (size > MAX_CAPTURE)
		return before;
	from = from > header ? from - header : 0;
	return bpf_dynptr_read(to + before, size, &packet, from, 0) ? before : before + size;
}

static __always_inline void copy_packet(struct view *v, struct sk_buff *skb, struct record *r, u32 header, u32 tag)
{
	char *data = (char *)(r + 1);

	if (!tag) {
		r->captured = copy_bytes(v, skb, data, 0, r->captured, header);
	} else if (v->linear >= 12 && !bpf_probe_read_kernel(data, 12, v->start)) {
		/* as load_tagged() */
		*(__be32 *)(data + 12) = bpf_htonl(tag);
		if (r->captured > TAGGED)
			r->captured = TAGGED + copy_bytes(v, skb, data + TAGGED, 12, r->captured - TAGGED, header);
	} else {
		r->captured = 0;
	}
}

static __always_inline void put_out(void *ctx, struct record *r, struct counters *c)
{
	u64 total, size = r->captured;

	if (size > MAX_CAPTURE + 16)
		size = MAX_CAPTURE;
	if (!config.use_ring && size > PERF_CAPTURE)
		size = PERF_CAPTURE;
	r->captured = size;
	barrier_var(size);      /* the compiler knows, Linux 6.1 does not */
	if (size > MAX_CAPTURE + 16)
		return;
	total = sizeof(*r) + size;
	if (config.use_ring ? bpf_ringbuf_output(&packets, r, total, wake_flags(c, total + 8)) :
			      bpf_perf_event_output(ctx, &packets_perf, BPF_F_CURRENT_CPU, r, total))
		count_lost(r->netns, r->ifindex);
}

static __always_inline int capture_view(void *ctx, struct sk_buff *skb, u8 direction)
{
	struct counters *c = my_counters();
	u32 header, tag, netns = skb->dev->nd_net.net->ns.inum, slot = take_slot();
	struct workspace *work;
	struct view v = {};
	struct record *r = bpf_map_lookup_elem(&scratch, &slot);

	if (!r || !c) {
		count_lost(netns, skb->dev->ifindex);
		return 0;
	}
	header = look_at(&v, skb);
	r->time = bpf_ktime_get_ns();
	r->netns = netns;
	__builtin_memset(&r->owner, 0, sizeof(r->owner));
	work = workspace_in(r, netns);
	attribute_view(skb, &v, direction, &work->packet, r, ctx);
	tell_other_end(r, work, direction, skb->dev->ifindex, tells_both_ends(skb->dev->ifindex) &&
		       !parse_memory(&v, &work->packet));
	if (wanted(&r->owner) || view_to_wanted(&v, direction, skb->dev->ifindex, work)) {
		c->received++;
		tag = v.link ? tag_of(skb) : 0;
		r->has_tag = 0;
		r->length = skb->len + header + (tag ? 4 : 0);
		r->captured = r->length > config.snaplen ? config.snaplen : r->length;
		r->ifindex = skb->dev->ifindex;
		r->direction = direction;
		copy_packet(&v, skb, r, header, tag);
		put_out(ctx, r, c);
	}
	give_back(slot);
	return 0;
}

/* What is attached: packets of other interfaces end here, others go through the filter if there is one. */
#define TRACEPOINT(name, tracepoint, filters, direction) \
SEC("tp_btf/" tracepoint) int BPF_PROG(name, struct sk_buff *skb) \
{ \
	bool link = has_link_header(skb->dev); \
	u16 protocol = bpf_ntohs(skb->protocol); \
\
	if (!is_watched(skb->dev->nd_net.net->ns.inum, skb->dev->ifindex) || \
	    (!link && protocol != ETH_P_IP && protocol != ETH_P_IPV6)) \
		return 0; \
	if (config.filtered) { \
		bpf_tail_call(ctx, &filters, !link); \
		return 0;       /* none for this kind of device: nothing can match */ \
	} \
	return capture_view(ctx, skb, direction); \
} \
SEC("tp_btf/" tracepoint) int BPF_PROG(name##_filtered, struct sk_buff *skb) \
{ \
	return capture_view(ctx, skb, direction); \
}

TRACEPOINT(tracepoint_ingress, "netif_receive_skb", filters_in, DIRECTION_IN)
TRACEPOINT(tracepoint_egress, "net_dev_queue", filters_out, DIRECTION_OUT)

#endif
