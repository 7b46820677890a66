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

static __always_inline bool is_ip6_extension(u8 next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60 || next == 135;
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

static __always_inline int parse_ip6(const struct view *v, u32 offset, struct packet *p)
{
	struct ip6_header ip;
	u8 next;
	int i;

	if (read_bytes(v, offset, &ip, sizeof(ip)) || *(u8 *)&ip >> 4 != 6)
		return -1;
	fill_ip6(&ip, p);
	next = ip.next;
	offset += sizeof(ip);
	UNROLL
	for (i = 0; i < 6 && is_ip6_extension(next); i++) {
		u8 h[8] __attribute__((aligned(4)));

		if (read_far(v, offset, h, sizeof(h)))
			return -1;
		if (next == 44) {
			/* the low half of the identification is enough to tell datagrams apart */
			__be16 id = *(__be16 *)&h[6];

			next = h[0];
			if (h[2] || h[3] & 0xf8) {
				p->protocol = FRAGMENT | next;
				p->sport = p->dport = id;
				return 0;
			}
			p->fragment_id = id;
			offset += 8;
		} else {
			offset += next == 51 ? (h[1] + 2) * 4 : (h[1] + 1) * 8;
			next = h[0];
		}
	}
	p->protocol = next;
	p->transport = offset;
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
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == 33 /* DCCP */ || protocol == 136 /* UDP-Lite */;
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

/* Replace p by the packet that an ICMP error quotes, with its ends exchanged. */
static __always_inline int parse_quoted_view(const struct view *v, struct packet *p)
{
	struct packet q = {};

	if (parse_ip(v, p->transport + 8, p->version == 4 ? ETH_P_IP : ETH_P_IPV6, &q))
		return -1;
	parse_transport(v, &q);
	__builtin_memcpy(p->source, q.destination, 16);
	__builtin_memcpy(p->destination, q.source, 16);
	p->sport = q.dport;
	p->dport = q.sport;
	p->protocol = q.protocol;
	p->icmp_type = q.icmp_type;
	p->tcp_flags = 0;
	p->fragment_id = 0;
	p->quoted = true;
	return 0;
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

static __always_inline int parse_view(const struct view *v, struct packet *p)
{
	u32 offset;
	u16 type = parse_link(v, &offset);

	if (parse_ip(v, offset, type, p))
		return -1;
	if (!(p->protocol & FRAGMENT))
		parse_transport(v, p);
	return 0;
}

static __always_inline struct view view_of(struct __sk_buff *skb, bool link, bool direct)
{
	struct view v = {.skb = skb, .direct = direct, .link = link, .protocol = bpf_ntohs(skb->protocol)};

	if (direct) {
		v.data = (const char *)(u64)skb->data;
		v.end = (const char *)(u64)skb->data_end;
	}
	return v;
}

/* What most packets are: IP without options, in one piece, around TCP or UDP. Spares them the call of parse(). */
static __always_inline bool parse_plain(struct __sk_buff *skb, bool link, struct packet *p)
{
	const char *data = (const char *)(u64)skb->data, *end = (const char *)(u64)skb->data_end;
	const char *at = data + (link ? 14 : 0), *ports;
	const struct ip4_header *ip4 = (const void *)at;
	const struct ip6_header *ip6 = (const void *)at;
	__be16 type;

	if (at + sizeof(*ip4) + 8 > end)
		return false;
	type = link ? *(const __be16 *)(data + 12) : skb->protocol;
	if (type == bpf_htons(ETH_P_IP) && ip4->version_ihl == 0x45 && !(ip4->offset & bpf_htons(0x3fff))) {
		fill_ip4(ip4, p);
		ports = (const void *)(ip4 + 1);
	} else if (type == bpf_htons(ETH_P_IPV6) && at + sizeof(*ip6) + 8 <= end && *at >> 4 == 6) {
		fill_ip6(ip6, p);
		ports = (const void *)(ip6 + 1);
	} else {
		return false;
	}
	if (p->protocol == IPPROTO_TCP && ports + 14 <= end)
		p->tcp_flags = *(const u8 *)(ports + 13);
	else if (p->protocol != IPPROTO_UDP)
		return false;
	p->sport = *(const __be16 *)ports;
	p->dport = *(const __be16 *)(ports + 2);
	p->transport = ports - data;
	return true;
}

ONCE int parse(struct __sk_buff *skb, bool link, struct packet *p)
{
	struct view v = view_of(skb, link, true);

	return p ? parse_view(&v, p) : -1;
}

/* For socket filters, which may not look at packets themselves. */
ONCE int parse_by_helpers(struct __sk_buff *skb, bool link, struct packet *p)
{
	struct view v = view_of(skb, link, false);

	return p ? parse_view(&v, p) : -1;
}

ONCE int parse_quoted(struct __sk_buff *skb, struct packet *p)
{
	struct view v = view_of(skb, false, false);

	return p ? parse_quoted_view(&v, p) : -1;
}

#endif
