/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The headers of the packet that a program of an skb hook is called for. */
#ifndef PTCPDUMP_PARSE_SKB_H
#define PTCPDUMP_PARSE_SKB_H

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

/* As parse_network(); the verifier then need not care how many tags come before. */
ONCE int parse_network_at(struct __sk_buff *skb, u32 offset, u32 ethertype, struct packet *p)
{
	struct view v = view_of(skb, false, true);

	return p ? parse_network(&v, offset, ethertype, p) : -1;
}

ONCE int parse(struct __sk_buff *skb, bool link, struct packet *p)
{
	struct view v = view_of(skb, link, true);
	u32 offset;
	u16 type = parse_link(&v, &offset);

	return p ? parse_network_at(skb, offset, type, p) : -1;
}

ONCE int parse_quoted(struct __sk_buff *skb, struct packet *p)
{
	struct packet quoted = {};

	if (!p || parse_network_at(skb, quoted_at(p), quoted_type(p), &quoted))
		return -1;
	take_quoted(p, &quoted);
	return 0;
}

/* The same for socket filters, which may not look at packets themselves. */
ONCE int parse_network_by_helpers(struct __sk_buff *skb, u32 offset, u32 ethertype, struct packet *p)
{
	struct view v = view_of(skb, false, false);

	return p ? parse_network(&v, offset, ethertype, p) : -1;
}

ONCE int parse_by_helpers(struct __sk_buff *skb, bool link, struct packet *p)
{
	struct view v = view_of(skb, link, false);
	u32 offset;
	u16 type = parse_link(&v, &offset);

	return p ? parse_network_by_helpers(skb, offset, type, p) : -1;
}

ONCE int parse_quoted_by_helpers(struct __sk_buff *skb, struct packet *p)
{
	struct packet quoted = {};

	if (!p || parse_network_by_helpers(skb, quoted_at(p), quoted_type(p), &quoted))
		return -1;
	take_quoted(p, &quoted);
	return 0;
}

#endif
