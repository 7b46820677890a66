/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Packets that only pass through: routed, bridged or translated on the way to or from a container. Their sockets are in
 * another namespace of this host, which user space has told of by its addresses (`neighbours`). */
#ifndef PTCPDUMP_FORWARD_H
#define PTCPDUMP_FORWARD_H

#define IPS_SRC_NAT (1 << 4)    /* nf_conn.status: the address of who opened the connection is translated */
#define IPS_DST_NAT (1 << 5)    /* that of who was called */

static __always_inline bool opens(const struct packet *p)
{
	return p->protocol == IPPROTO_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The socket in another namespace that would receive such a packet. */
ONCE int neighbour_owner(struct __sk_buff *skb, const struct packet *p, struct owner *owner)
{
	struct neighbour_key key = {};
	s32 *netns;

	if (!p || !owner)
		return false;
	key.netns = p->netns;
	__builtin_memcpy(key.address, p->destination, 16);
	netns = bpf_map_lookup_elem(&neighbours, &key);
	return netns && *netns >= 0 && receiver_owner(skb, p, *netns, owner);
}

/* A packet's ends exchanged: what its sender would receive. */
static __always_inline void turn(struct packet *to, const struct packet *p)
{
	*to = *p;
	__builtin_memcpy(to->source, p->destination, 16);
	__builtin_memcpy(to->destination, p->source, 16);
	to->sport = p->dport;
	to->dport = p->sport;
}

/* The packet that comes to an end of a tracked connection: to who opened it, or to who was called. */
static __always_inline void packet_to(struct packet *to, struct nf_conn *ct, bool called)
{
	union nf_inet_addr own = {}, other = {};

	if (!called) {
		BPF_CORE_READ_INTO(&own, ct, tuplehash[0].tuple.src.u3);
		BPF_CORE_READ_INTO(&other, ct, tuplehash[0].tuple.dst.u3);
		to->dport = BPF_CORE_READ(ct, tuplehash[0].tuple.src.u.all);
		to->sport = BPF_CORE_READ(ct, tuplehash[0].tuple.dst.u.all);
	} else {
		BPF_CORE_READ_INTO(&own, ct, tuplehash[1].tuple.src.u3);
		BPF_CORE_READ_INTO(&other, ct, tuplehash[1].tuple.dst.u3);
		to->dport = BPF_CORE_READ(ct, tuplehash[1].tuple.src.u.all);
		to->sport = BPF_CORE_READ(ct, tuplehash[1].tuple.dst.u.all);
	}
	if (to->version == 4) {
		map4(to->source, other.all[0]);
		map4(to->destination, own.all[0]);
	} else {
		__builtin_memcpy(to->source, other.all, 16);
		__builtin_memcpy(to->destination, own.all, 16);
	}
}

static __always_inline struct nf_conn *track(struct __sk_buff *skb, const struct packet *p, struct bpf_ct_opts *options)
{
	struct bpf_sock_tuple tuple = {};

	options->netns_id = -1;
	options->l4proto = p->protocol;
	if (lookup_tuple(&tuple, p) == sizeof(tuple.ipv4))
		return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), options, sizeof(*options));
	return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv6), options, sizeof(*options));
}

/* The packet that would come to the translated end of the packet's connection as that end knows it; where both are
 * translated, to the one that the packet comes from (OUT) or goes to (IN). A packet that has been translated already is
 * known to connection tracking by its answer. */
ONCE int untranslate(struct __sk_buff *skb, const struct packet *p, u8 direction, struct packet *original)
{
	struct bpf_ct_opts options = {};
	bool to_called, called;
	struct packet turned;
	struct nf_conn *ct;
	unsigned long status;

	if (!p || !original)
		return false;
	ct = track(skb, p, &options);
	if (ct) {
		to_called = options.dir == 0;
	} else {
		turn(&turned, p);
		__builtin_memset(&options, 0, sizeof(options));
		ct = track(skb, &turned, &options);
		if (!ct)
			return false;
		to_called = options.dir == 1;
	}
	status = BPF_CORE_READ(ct, status) & (IPS_SRC_NAT | IPS_DST_NAT);
	if (status == (IPS_SRC_NAT | IPS_DST_NAT))
		called = to_called == (direction == DIRECTION_IN);
	else
		called = status == IPS_DST_NAT;
	*original = *p;
	packet_to(original, ct, called);
	bpf_ct_release(ct);
	return status != 0;
}

/* By connection tracking, where a process of another namespace is behind a translated address. */
static __always_inline bool translated_owner(struct __sk_buff *skb, const struct packet *p, u8 direction,
					     struct owner *owner)
{
	struct packet original = {};

	if (!config.translations || !bpf_skb_ct_lookup || (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP))
		return false;
	if (!untranslate(skb, p, direction, &original) || !neighbour_owner(skb, &original, owner))
		return false;
	owner->found = FOUND_TRANSLATED;
	return true;
}

/* Routed or bridged: sent or received by a process of another namespace. Which end is asked first depends on where the packet is seen, as
 * for packets of our own. */
static __always_inline bool forwarded_owner(struct __sk_buff *skb, const struct packet *p, u8 direction,
					    struct owner *owner)
{
	struct packet turned;

	if (!config.neighbours || !config.peer_match || p->quoted)
		return false;
	turn(&turned, p);
	if (direction == DIRECTION_OUT ? neighbour_owner(skb, &turned, owner) || neighbour_owner(skb, p, owner)
				       : neighbour_owner(skb, p, owner) || neighbour_owner(skb, &turned, owner)) {
		owner->found = FOUND_PEER;
		return true;
	}
	return false;
}

#endif
