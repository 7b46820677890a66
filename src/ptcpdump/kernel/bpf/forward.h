/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Packets that only pass through: routed, bridged or translated on the way to or from a container. Their sockets are in
 * another namespace of this host, whose addresses user space keeps in `addresses`. */
#ifndef PTCPDUMP_FORWARD_H
#define PTCPDUMP_FORWARD_H

#define IPS_SRC_NAT (1 << 4)    /* nf_conn.status: the address of who opened the connection is translated */
#define IPS_DST_NAT (1 << 5)    /* that of who was called */
#define UNTRANSLATED_LIFE (1000000000ULL)
#define MISSES 32       /* a connection that is tracked gets into the table with its first packets */

/* The namespace that one end of a packet is in, by its address. */
static __always_inline struct address_netns *netns_of_end(const struct packet *p, u8 direction)
{
	struct address_key key = {.netns = p->netns};

	__builtin_memcpy(key.address, direction == DIRECTION_IN ? p->destination : p->source, 16);
	return bpf_map_lookup_elem(&addresses, &key);
}

/* The process at one end of a packet in another namespace, by what is known of sockets by tuple. */
static __always_inline bool other_netns_by_tuple(const struct packet *p, u8 direction, struct owner *owner)
{
	struct address_netns *there = netns_of_end(p, direction);

	return there && owner_by_tuple(p, there->netns, direction, 0, owner) == KNOWN;
}

/* The same for hooks that can look up sockets. For those that get echoes there is no look-up. */
ONCE int other_netns_owner(struct __sk_buff *skb, const struct packet *p, u32 direction, struct owner *owner)
{
	struct address_netns *there;

	if (!p || !owner)
		return false;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return other_netns_by_tuple(p, direction, owner);
	there = netns_of_end(p, direction);
	return there && there->nsid >= 0 && find_socket(skb, p, direction, there->nsid, owner) == KNOWN;
}

static __always_inline u8 echo_type(u8 version, bool request)
{
	if (version == 4)
		return request ? 8 : 0;
	return request ? 128 : 129;
}

/* The packet that comes to an end of a tracked connection: to who opened it, or to who was called. */
static __always_inline void packet_to(struct packet *to, struct nf_conn *ct, bool called)
{
	union nf_inet_addr own = {}, other = {};

	if (!called) {
		to->tcp_flags = 0;      /* an answer, whatever the packet is */
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
	if (!has_ports(to->protocol)) {
		to->sport = to->dport;  /* the identifier of an echo; the other one is made of type and code */
		to->icmp_type = echo_type(to->version, called);
	}
	if (to->version == 4) {
		map4(to->source, other.all[0]);
		map4(to->destination, own.all[0]);
	} else {
		__builtin_memcpy(to->source, other.all, 16);
		__builtin_memcpy(to->destination, own.all, 16);
	}
}

/* Which end of a packet's connection is meant: the one that it comes from (OUT) or goes to (IN), or the one whose address
 * is translated, if that is so with one only. */
enum end { THIS_END, TRANSLATED_END };

/* The packet that would come to an end of a connection as that end knows it. False if nothing is translated. */
static __always_inline bool original_of(struct nf_conn *ct, bool to_called, u8 direction, u32 end, const struct packet *p,
					struct packet *original)
{
	unsigned long status = BPF_CORE_READ(ct, status) & (IPS_SRC_NAT | IPS_DST_NAT);
	bool called;

	if (!status)
		return false;
	if (end == THIS_END || status == (IPS_SRC_NAT | IPS_DST_NAT))
		called = to_called == (direction == DIRECTION_IN);
	else
		called = status == IPS_DST_NAT;
	*original = *p;
	packet_to(original, ct, called);
	return true;
}

/* What goes out has its connection with it (4.11: sk_buff._nfct): no look-up, and right for the first packet too. */
static __always_inline bool attached_original(struct sk_buff *skb, u32 end, const struct packet *p,
					      struct packet *original)
{
	unsigned long attached;

	if (!bpf_core_field_exists(skb->_nfct))
		return false;
	attached = BPF_CORE_READ(skb, _nfct);
	/* its low bits say which way the packet goes: enum ip_conntrack_info */
	if (!(attached & ~7UL))
		return false;
	return original_of((struct nf_conn *)(attached & ~7UL), (attached & 7) < IP_CT_IS_REPLY, DIRECTION_OUT, end, p,
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

/* The connection that a packet belongs to (IN), or that its answer would (OUT). */
static __always_inline struct nf_conn *lookup_connection(struct __sk_buff *skb, const struct packet *p, u8 direction,
							 struct bpf_ct_opts *options)
{
	struct bpf_sock_tuple tuple = {};

	__builtin_memset(options, 0, sizeof(*options));
	options->netns_id = -1;
	options->l4proto = p->protocol;
	if (lookup_tuple(&tuple, p, direction) == sizeof(tuple.ipv4))
		return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), options, sizeof(*options));
	return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv6), options, sizeof(*options));
}

/* Whether it has just been seen that a packet's connection is not translated. */
ONCE int is_untranslated(const struct packet *p, u64 now)
{
	struct flow_key key = {};
	struct untranslated *seen;

	if (!p || is_syn(p))
		return false;
	flow_key(&key, p, p->netns, DIRECTION_IN);
	seen = bpf_map_lookup_elem(&untranslated, &key);
	return seen && seen->since && !is_past(seen->since, UNTRANSLATED_LIFE, now);
}

/* A connection is not translated, or none is known to which the packet belongs: the first ones may be too early for that,
 * but not all. */
ONCE int note_untranslated(const struct packet *p, u32 is_certain, u64 now)
{
	struct untranslated *seen, first = {.misses = 1};
	struct flow_key key = {};

	if (!p)
		return 0;
	flow_key(&key, p, p->netns, DIRECTION_IN);
	seen = bpf_map_lookup_elem(&untranslated, &key);
	if (is_certain || !seen) {
		first.since = is_certain ? now : 0;
		bpf_map_update_elem(&untranslated, &key, &first, BPF_ANY);
	} else if (++seen->misses >= MISSES) {
		seen->misses = 0;
		seen->since = now;
	}
	return 0;
}

enum tracking { UNTRACKED, UNTRANSLATED, TRANSLATED };

/* What comes in is looked up in the table of connections, where a packet that has been translated already is known by
 * its answer. */
ONCE int tracked_original(struct __sk_buff *skb, const struct packet *p, u32 end, struct packet *original)
{
	struct bpf_ct_opts options;
	struct nf_conn *ct;
	bool found, to_called;

	/* said here, where the verifier looks for it, and not by the function's address: libbpf 1.1 has none of those that
	 * a module defines */
	if (!config.translations || !p || !original)
		return UNTRACKED;
	ct = lookup_connection(skb, p, DIRECTION_IN, &options);
	if (ct) {
		to_called = options.dir == 0;
	} else {
		ct = lookup_connection(skb, p, DIRECTION_OUT, &options);
		if (!ct)
			return UNTRACKED;
		to_called = options.dir == 1;
	}
	found = original_of(ct, to_called, DIRECTION_IN, end, p, original);
	bpf_ct_release(ct);
	return found ? TRANSLATED : UNTRANSLATED;
}

ONCE int find_attached(struct __sk_buff *skb, const struct packet *p, u32 end, struct packet *original)
{
	return p && original && attached_original((struct sk_buff *)skb, end, p, original);
}

/* Whether who sends a packet knows itself by another address or port than the packet has. original: what would come to it. */
static __always_inline bool is_renamed(const struct packet *p, const struct packet *original)
{
	return p->sport != original->dport || ((p->source[0] ^ original->destination[0]) |
	       (p->source[1] ^ original->destination[1]) | (p->source[2] ^ original->destination[2]) |
	       (p->source[3] ^ original->destination[3]));
}

/* Whether a packet that goes out answers one that came in: by what goes with it, see attached_original(). */
static __always_inline bool is_attached_answer(struct sk_buff *skb)
{
	return (BPF_CORE_READ(skb, _nfct) & 7) >= IP_CT_IS_REPLY;
}

/* By connection tracking, where a process is behind a translated address: in this namespace it can only be that of this
 * end. What goes out has its connection with it. Returns enum tracking: TRANSLATED also where nobody is found, who then is
 * elsewhere. */
ONCE int translated_sender(struct __sk_buff *skb, const struct packet *p, struct owner *owner)
{
	struct packet original = {};
	bool found, renamed;

	if (!p || !owner || p->quoted || !find_attached(skb, p, THIS_END, &original))
		return UNTRACKED;
	renamed = is_renamed(p, &original);
	if (renamed && is_attached_answer((struct sk_buff *)skb))
		note_port(p, DIRECTION_OUT, true);
	found = find_socket(skb, &original, DIRECTION_IN, BPF_F_CURRENT_NETNS, owner) == KNOWN;
	if (!found && config.other_netns)
		found = find_attached(skb, p, TRANSLATED_END, &original) &&
			other_netns_owner(skb, &original, DIRECTION_IN, owner);
	if (found)
		owner->found = FOUND_TRANSLATED;
	else
		__builtin_memset(owner, 0, sizeof(*owner));
	return found || renamed ? TRANSLATED : UNTRANSLATED;
}

/* The same for who gets what comes in. Where nothing is translated, the owner stays as it was. */
ONCE int translated_receiver(struct __sk_buff *skb, const struct packet *p, struct owner *owner, u64 now)
{
	struct packet original = {};
	int tracked;
	bool found;

	if (!config.translations || !p || !owner || p->quoted ||
	    (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP) || !tracks(skb, p->version))
		return UNTRACKED;
	if (is_untranslated(p, now))
		return UNTRANSLATED;
	tracked = tracked_original(skb, p, THIS_END, &original);
	if (tracked != TRANSLATED) {
		note_untranslated(p, tracked == UNTRANSLATED, now);
		return tracked;
	}
	found = find_socket(skb, &original, DIRECTION_IN, BPF_F_CURRENT_NETNS, owner) == KNOWN;
	if (!found && config.other_netns)
		found = tracked_original(skb, p, TRANSLATED_END, &original) == TRANSLATED &&
			other_netns_owner(skb, &original, DIRECTION_IN, owner);
	if (found)
		owner->found = FOUND_TRANSLATED;
	else
		__builtin_memset(owner, 0, sizeof(*owner));
	return TRANSLATED;
}

/* Flows whose answers can't be looked up when they come in are remembered by each packet that goes out. */
static __always_inline void store_translated(struct packet *p, const struct owner *owner, u64 now)
{
	if (!config.translations || outlives_socket(p))
		store_flow(p, DIRECTION_OUT, owner, now);
	store_fragment(p, DIRECTION_OUT, owner, now);
}

/* Routed or bridged: sent or received by a process of another namespace. Which end is asked first depends on where the
 * packet is seen, as for packets of our own. skb is NULL for hooks that can't look up sockets. */
static __always_inline bool forwarded_owner(struct __sk_buff *skb, const struct packet *p, u8 direction,
					    struct owner *owner)
{
	u8 other_end = opposite(direction);

	if (!config.other_netns || !config.peer_match || p->quoted)
		return false;
	if (skb ? !other_netns_owner(skb, p, direction, owner) && !other_netns_owner(skb, p, other_end, owner)
		: !other_netns_by_tuple(p, direction, owner) && !other_netns_by_tuple(p, other_end, owner))
		return false;
	owner->found = FOUND_PEER;
	return true;
}

#endif
