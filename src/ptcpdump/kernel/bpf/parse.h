/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Headers of a packet as far as attribution needs them. */
#ifndef PTCPDUMP_PARSE_H
#define PTCPDUMP_PARSE_H

static __always_inline void map4(u32 *to, __be32 address)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = bpf_htonl(0xffff);
	to[3] = address;
}

/* Whether one of up to 64 numbers, as bits, is meant: fewer branches for the verifier to follow than comparisons. */
static __always_inline bool is_among(u64 numbers, u32 number)
{
	return number < 64 && numbers >> number & 1;
}

static __always_inline bool is_ip6_extension(u8 next)
{
	return is_among(1ULL << 0 | 1ULL << 43 | 1ULL << 44 | 1ULL << 51 | 1ULL << 60, next) || next == 135;
}

static __always_inline void fill_ip4(const struct ip4_header *ip, struct packet *p)
{
	map4(p->source, ip->saddr);
	map4(p->destination, ip->daddr);
	p->version = 4;
	p->protocol = ip->protocol;
}

static __always_inline void fill_ip6(const struct ip6_header *ip, struct packet *p)
{
	__builtin_memcpy(p->source, ip->saddr, 16);
	__builtin_memcpy(p->destination, ip->daddr, 16);
	p->version = 6;
	p->protocol = ip->next;
}

static __always_inline int parse_ip4(const struct view *v, u32 offset, struct packet *p)
{
	struct ip4_header ip;

	if (read_bytes(v, offset, &ip, sizeof(ip)) || ip.version_ihl >> 4 != 4)
		return -1;
	fill_ip4(&ip, p);
	p->transport = offset + (ip.version_ihl & 15) * 4;
	if (ip.offset & bpf_htons(0x1fff)) {
		p->protocol |= FRAGMENT;
		p->sport = p->dport = ip.id;
	} else if (ip.offset & bpf_htons(0x2000)) {
		p->fragment_id = ip.id;
	}
	return 0;
}

#define EXTENSIONS 6    /* headers between those of IPv6 and of the transport that are skipped, at most */

/* How far the extension headers of a packet have been read. */
struct extensions {
	struct view view;       /* as read_far() needs it */
	struct packet *packet;
	u64 offset;             /* of the next header */
	u64 next;               /* its protocol; with FRAGMENT: it is not in this fragment */
	u64 failed;
};

static __always_inline long skip_extension(struct extensions *e, bool memory)
{
	u8 h[8] __attribute__((aligned(4)));
	u64 next = e->next;

	if (!is_ip6_extension(next))
		return 1;
	e->view.memory = memory;        /* said here: of what is on the stack Linux 6.1 knows only words of 64 bits */
	if (read_far(&e->view, e->offset, h, sizeof(h))) {
		e->failed = true;
		return 1;
	}
	e->next = h[0];
	if (next != 44) {
		e->offset += next == 51 ? (h[1] + 2) * 4 : (h[1] + 1) * 8;
		return 0;
	}
	/* the low half of the identification is enough to tell datagrams apart */
	e->packet->fragment_id = *(__be16 *)&h[6];
	e->offset += 8;
	if (!h[2] && !(h[3] & 0xf8))
		return 0;
	e->next |= FRAGMENT;
	return 1;
}

static long skip_in_skb(u32 i, void *context)
{
	return skip_extension(context, false);
}

static long skip_in_memory(u32 i, void *context)
{
	return skip_extension(context, true);
}

static __always_inline int parse_ip6(const struct view *v, u32 offset, struct packet *p)
{
	struct ip6_header ip;
	struct extensions e = {
		.view = {.skb = v->skb, .memory = v->memory, .linear = v->linear, .start = v->start}, .packet = p};

	if (read_bytes(v, offset, &ip, sizeof(ip)) || *(u8 *)&ip >> 4 != 6)
		return -1;
	fill_ip6(&ip, p);
	e.next = ip.next;
	e.offset = offset + sizeof(ip);
	if (is_ip6_extension(ip.next)) {
		if (v->memory)
			repeat(EXTENSIONS, EXTENSIONS, skip_in_memory, &e);
		else
			repeat(EXTENSIONS, EXTENSIONS, skip_in_skb, &e);
	}
	if (e.failed)
		return -1;
	p->protocol = e.next;
	p->transport = e.offset;
	if (e.next & FRAGMENT) {
		p->sport = p->dport = p->fragment_id;
		p->fragment_id = 0;
		p->transport = 0;
	}
	return 0;
}

static __always_inline int parse_ip(const struct view *v, u32 offset, u16 ethertype, struct packet *p)
{
	if (ethertype == ETH_P_IP)
		return parse_ip4(v, offset, p);
	if (ethertype == ETH_P_IPV6)
		return parse_ip6(v, offset, p);
	return -1;
}

static __always_inline bool has_ports(u32 protocol)
{
	return is_among(1ULL << IPPROTO_TCP | 1ULL << IPPROTO_UDP | 1ULL << 33 /* DCCP */, protocol) ||
	       protocol == IPPROTO_SCTP || protocol == 136 /* UDP-Lite */;
}

static __always_inline bool is_icmp(u32 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static __always_inline bool is_icmp_error(const struct packet *p)
{
	if (p->protocol == IPPROTO_ICMP)
		return p->icmp_type == 3 || p->icmp_type == 4 || p->icmp_type == 11 || p->icmp_type == 12;
	return p->protocol == IPPROTO_ICMPV6 && p->icmp_type >= 1 && p->icmp_type <= 4;
}

static __always_inline bool is_icmp_echo(const struct packet *p)
{
	if (p->protocol == IPPROTO_ICMP)
		return p->icmp_type == 8 || p->icmp_type == 0;
	return p->protocol == IPPROTO_ICMPV6 && (p->icmp_type == 128 || p->icmp_type == 129);
}

static __always_inline bool is_echo_request(const struct packet *p)
{
	return p->icmp_type == (p->version == 4 ? 8 : 128);
}

/* Ports, or what stands for them; 0 where the packet has neither. */
static __always_inline void parse_transport(const struct view *v, struct packet *p)
{
	u8 h[8] __attribute__((aligned(4)));

	if (has_ports(p->protocol)) {
		if (read_bytes(v, p->transport, h, 4))
			return;
		p->sport = *(__be16 *)&h[0];
		p->dport = *(__be16 *)&h[2];
		if (p->protocol == IPPROTO_TCP)
			read_bytes(v, p->transport + 13, &p->tcp_flags, 1);
	} else if (is_icmp(p->protocol)) {
		if (read_bytes(v, p->transport, h, 8))
			return;
		p->icmp_type = h[0];
		if (is_icmp_echo(p))
			p->sport = p->dport = *(__be16 *)&h[4];
	}
}

/* Where an ICMP error quotes a packet, and its EtherType. */
static __always_inline u32 quoted_at(const struct packet *p)
{
	return p->transport + 8;
}

static __always_inline u16 quoted_type(const struct packet *p)
{
	return p->version == 4 ? ETH_P_IP : ETH_P_IPV6;
}

/* Replace p by the packet that it quotes, with its ends exchanged. */
static __always_inline void take_quoted(struct packet *p, const struct packet *quoted)
{
	__builtin_memcpy(p->source, quoted->destination, 16);
	__builtin_memcpy(p->destination, quoted->source, 16);
	p->sport = quoted->dport;
	p->dport = quoted->sport;
	p->protocol = quoted->protocol;
	p->icmp_type = quoted->icmp_type;
	p->tcp_flags = 0;
	p->fragment_id = 0;
	p->quoted = true;
}

/* offset and ethertype of the network header, behind up to two VLAN tags in the data */
static __always_inline u16 parse_link(const struct view *v, u32 *offset)
{
	__be16 type;
	int i;

	*offset = 0;
	if (!v->link)
		return v->protocol;
	*offset = 14;
	if (read_bytes(v, 12, &type, 2))
		return 0;
	for (i = 0; i < 2 && (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD)); i++) {
		if (read_bytes(v, *offset + 2, &type, 2))
			return 0;
		*offset += 4;
	}
	return bpf_ntohs(type);
}

/* From the network header on. */
static __always_inline int parse_network(const struct view *v, u32 offset, u16 ethertype, struct packet *p)
{
	if (parse_ip(v, offset, ethertype, p))
		return -1;
	if (!(p->protocol & FRAGMENT))
		parse_transport(v, p);
	return 0;
}

#endif
