/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Packets that only pass through: routed, bridged or translated on the way to or from a container. Their sockets are in
 * another namespace of this host, whose addresses user space keeps in `addresses`. */
#ifndef PTCPDUMP_FORWARD_H
#define PTCPDUMP_FORWARD_H

#define IPS_SRC_NAT (1 << 4)    /* nf_conn.status: the address of who opened the connection is translated */
#define IPS_DST_NAT (1 << 5)    /* that of who was called */
#define UNTRANSLATED_LIFE (1000000000ULL)
#define MISSES 32       /* a connection that is tracked gets into the table with its first packets */

/* The namespace that a packet with this destination would come to. */
static __always_inline struct address_netns *netns_of_destination(const struct packet *p)
{
	struct address_key key = {.netns = p->netns};

	__builtin_memcpy(key.address, p->destination, 16);
	return bpf_map_lookup_elem(&addresses, &key);
}

/* The process that such a packet would come to in another namespace, by what is known of sockets by their ends. */
ONCE int other_netns_by_tuple(const struct packet *p, struct owner *owner)
{
	struct address_netns *there;
	struct packet copy;

	if (!p || !owner)
		return false;
	there = netns_of_destination(p);
	if (!there)
		return false;
	copy = *p;
	copy.netns = there->netns;
	return flow_owner(&copy, DIRECTION_IN, owner, bpf_ktime_get_ns(), 0);
}

/* The same for hooks that can ask the socket. There is no way to look up those that get echoes. */
ONCE int other_netns_owner(struct __sk_buff *skb, const struct packet *p, struct owner *owner)
{
	struct address_netns *there;

	if (!p || !owner)
		return false;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return other_netns_by_tuple(p, owner);
	there = netns_of_destination(p);
	return there && there->nsid >= 0 && receiver_owner(skb, p, there->nsid, owner);
}

/* A packet's ends exchanged: what its sender would receive. */
static __always_inline void swap_ends(struct packet *to, const struct packet *p)
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
	if (!has_ports(to->protocol))
		to->sport = to->dport;  /* the identifier of an echo; the other one is made of type and code */
	if (to->version == 4) {
		map4(to->source, other.all[0]);
		map4(to->destination, own.all[0]);
	} else {
		__builtin_memcpy(to->source, other.all, 16);
		__builtin_memcpy(to->destination, own.all, 16);
	}
}

/* The packet that would come to the translated end of a connection as that end knows it; where both are translated, to
 * the one that the packet comes from (OUT) or goes to (IN). False if nothing is translated. */
static __always_inline bool original_of(struct nf_conn *ct, bool to_called, u8 direction, const struct packet *p,
					struct packet *original)
{
	unsigned long status = BPF_CORE_READ(ct, status) & (IPS_SRC_NAT | IPS_DST_NAT);
	bool called;

	if (!status)
		return false;
	if (status == (IPS_SRC_NAT | IPS_DST_NAT))
		called = to_called == (direction == DIRECTION_IN);
	else
		called = status == IPS_DST_NAT;
	*original = *p;
	packet_to(original, ct, called);
	return true;
}

/* What goes out has its connection with it (4.11: sk_buff._nfct): no look-up, and right for the first packet too. */
static __always_inline bool attached_original(struct sk_buff *skb, const struct packet *p, struct packet *original)
{
	unsigned long attached;

	if (!bpf_core_field_exists(skb->_nfct))
		return false;
	attached = BPF_CORE_READ(skb, _nfct);
	/* its low bits say which way the packet goes: enum ip_conntrack_info */
	if (!(attached & ~7UL))
		return false;
	return original_of((struct nf_conn *)(attached & ~7UL), (attached & 7) < IP_CT_IS_REPLY, DIRECTION_OUT, p,
			   original);
}

/* Whether connections are tracked in the namespace of the device: their first hook sees what comes in. */
static __always_inline bool tracks(struct __sk_buff *skb, u8 version)
{
	struct net *net = NULL;

	if (!bpf_core_field_exists(net->nf))
		return true;
	return version == 4 ? device_net(skb, nf.hooks_ipv4[0]) : device_net(skb, nf.hooks_ipv6[0]);
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

/* No connection is known to which the packet belongs: the first ones may be too early, but not all. */
static __always_inline void count_miss(struct untranslated *seen, const struct flow_key *key, u64 now)
{
	struct untranslated first = {.misses = 1};

	if (!seen) {
		bpf_map_update_elem(&untranslated, key, &first, BPF_ANY);
	} else if (++seen->misses >= MISSES) {
		seen->misses = 0;
		seen->since = now;
	}
}

/* What comes in is looked up in the table of connections, where a packet that has been translated already is known by
 * its answer. */
ONCE int tracked_original(struct __sk_buff *skb, const struct packet *p, u64 now, struct packet *original)
{
	struct flow_key key = {};
	struct bpf_ct_opts options = {};
	struct untranslated *seen, plain = {.since = now};
	struct packet reverse;
	struct nf_conn *ct;
	bool found, to_called;

	/* said here, where the verifier looks for it, and not by the function's address: libbpf 1.1 has none of those that
	 * a module defines */
	if (!config.translations || !p || !original)
		return false;
	flow_key(&key, p, DIRECTION_IN);
	seen = bpf_map_lookup_elem(&untranslated, &key);
	if (seen && now - seen->since < UNTRANSLATED_LIFE && !is_syn(p))
		return false;
	ct = track(skb, p, &options);
	if (ct) {
		to_called = options.dir == 0;
	} else {
		swap_ends(&reverse, p);
		__builtin_memset(&options, 0, sizeof(options));
		ct = track(skb, &reverse, &options);
		if (!ct) {
			count_miss(seen, &key, now);
			return false;
		}
		to_called = options.dir == 1;
	}
	found = original_of(ct, to_called, DIRECTION_IN, p, original);
	bpf_ct_release(ct);
	if (!found)     /* only of connections that are in the table: those that are not yet may still be translated */
		bpf_map_update_elem(&untranslated, &key, &plain, BPF_ANY);
	return found;
}

/* By connection tracking, where a process of another namespace is behind a translated address. */
static __always_inline bool translated_owner(struct __sk_buff *skb, const struct packet *p, u8 direction,
					     struct owner *owner, u64 now)
{
	struct packet original;

	if (!config.other_netns || p->quoted)
		return false;
	if (direction == DIRECTION_OUT) {
		if (!attached_original((struct sk_buff *)skb, p, &original))
			return false;
	} else {
		if (!config.translations || (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP) ||
		    !tracks(skb, p->version))
			return false;
		__builtin_memset(&original, 0, sizeof(original));
		if (!tracked_original(skb, p, now, &original))
			return false;
	}
	if (!other_netns_owner(skb, &original, owner))
		return false;
	owner->found = FOUND_TRANSLATED;
	return true;
}

/* Flows whose answers can't be looked up when they come in are remembered by each packet that goes out. */
static __always_inline void store_translated(struct packet *p, const struct owner *owner, u64 now)
{
	if (!config.translations || outlives_socket(p))
		store_flow(p, DIRECTION_OUT, owner, now);
	store_fragment(p, DIRECTION_OUT, owner, now);
}

/* The process that such a packet would come to; without skb by its ends alone. */
static __always_inline bool owner_elsewhere(struct __sk_buff *skb, const struct packet *p, struct owner *owner)
{
	return skb ? other_netns_owner(skb, p, owner) : other_netns_by_tuple(p, owner);
}

/* Routed or bridged: sent or received by a process of another namespace. Which end is asked first depends on where the
 * packet is seen, as for packets of our own. skb is NULL for hooks that can't ask sockets. */
static __always_inline bool forwarded_owner(struct __sk_buff *skb, const struct packet *p, u8 direction,
					    struct owner *owner)
{
	struct packet reverse;

	if (!config.other_netns || !config.peer_match || p->quoted)
		return false;
	swap_ends(&reverse, p);
	if (direction == DIRECTION_OUT ? !owner_elsewhere(skb, &reverse, owner) && !owner_elsewhere(skb, p, owner)
				       : !owner_elsewhere(skb, p, owner) && !owner_elsewhere(skb, &reverse, owner))
		return false;
	owner->found = FOUND_PEER;
	return true;
}

#endif
