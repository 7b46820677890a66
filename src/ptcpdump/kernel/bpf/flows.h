/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Owners of flows whose sockets can't be looked up: closed, of another namespace, or out of reach of the hook. */
#ifndef PTCPDUMP_FLOWS_H
#define PTCPDUMP_FLOWS_H

#define FLOW_LIFE (120ULL * 1000000000)         /* twice the longest TIME_WAIT in use */
#define FLOW_REFRESH (1000000000ULL)

static __always_inline void flow_key(struct flow_key *key, const struct packet *p, u8 direction)
{
	bool in = direction == DIRECTION_IN;

	key->netns = p->netns;
	key->protocol = p->protocol;
	__builtin_memcpy(key->local, in ? p->destination : p->source, 16);
	__builtin_memcpy(key->remote, in ? p->source : p->destination, 16);
	key->local_port = in ? p->dport : p->sport;
	key->remote_port = in ? p->sport : p->dport;
}

static __always_inline void store_flow(const struct packet *p, u8 direction, const struct owner *owner, u64 now)
{
	struct flow_key key = {};
	struct flow *known, flow;

	flow_key(&key, p, direction);
	known = bpf_map_lookup_elem(&flows, &key);
	if (known && known->owner.pid == owner->pid && known->owner.start == owner->start &&
	    known->owner.found == owner->found && (!known->time || now - known->time < FLOW_REFRESH))
		return;
	flow.time = known && !known->time ? 0 : now;
	flow.owner = *owner;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* Unconnected sockets are known by their local address and port, or by the port alone. */
static __always_inline struct flow *lookup_local(struct flow_key *key)
{
	struct flow *known;

	key->remote_port = 0;
	__builtin_memset(key->remote, 0, sizeof(key->remote));
	known = bpf_map_lookup_elem(&flows, key);
	if (known)
		return known;
	__builtin_memset(key->local, 0, sizeof(key->local));
	return bpf_map_lookup_elem(&flows, key);
}

/* The entry of the flow that a packet belongs to, unless it has expired. */
static __always_inline struct flow *lookup_flow(const struct packet *p, u8 direction, u64 now)
{
	struct flow_key key = {};
	struct flow *known;

	flow_key(&key, p, direction);
	known = bpf_map_lookup_elem(&flows, &key);
	if (known && known->time && now - known->time > FLOW_LIFE)
		known = NULL;
	if (!known && config.socket_flows)
		known = lookup_local(&key);
	return known;
}

/* foreign: 0, or how the owner was found of flows whose sockets are in other namespaces (FOUND_TRANSLATED, FOUND_PEER).
 * Sockets that may still be open are looked up themselves before that. */
static __always_inline bool use_flow(const struct flow *known, struct owner *owner, u8 foreign)
{
	u8 found;

	/* the verifier of 5.13 wants to see the NULL check, which the compiler would leave out where it knows better */
	barrier_var(known);
	if (!known)
		return false;
	found = known->owner.found;
	if (foreign != (found == FOUND_TRANSLATED || found == FOUND_PEER ? found : 0))
		return false;
	*owner = known->owner;
	if (found != FOUND_SCAN && !foreign)
		owner->found = FOUND_FLOW;
	return true;
}

static __always_inline bool flow_owner(const struct packet *p, u8 direction, struct owner *owner, u64 now, u8 foreign)
{
	return use_flow(lookup_flow(p, direction, now), owner, foreign);
}

/* Whether flows of its kind are remembered at all: a look-up less for most datagrams. */
static __always_inline bool has_flow(const struct packet *p)
{
	return p->protocol != IPPROTO_UDP || config.socket_flows || !config.translations;
}

static __always_inline bool is_syn(const struct packet *p)
{
	return p->protocol == IPPROTO_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The same where an earlier flow of these ends is another one: who opens a connection may come to a listener that was
 * there before us. */
static __always_inline struct flow *lookup_same_flow(const struct packet *p, u8 direction, u64 now)
{
	struct flow_key key = {};

	if (is_syn(p)) {
		if (!config.socket_flows || direction == DIRECTION_OUT)
			return NULL;
		flow_key(&key, p, direction);
		return lookup_local(&key);
	}
	return has_flow(p) ? lookup_flow(p, direction, now) : NULL;
}

/* Packets after which a flow may outlive its socket, or that have none to ask next time. */
static __always_inline bool outlives_socket(const struct packet *p)
{
	if (p->protocol == IPPROTO_TCP)
		return p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);
	if (p->protocol == IPPROTO_UDP)
		return p->fragment_id;
	return !p->quoted;
}

/* The fragments that follow have no ports. */
static __always_inline void store_fragment(struct packet *p, u8 direction, const struct owner *owner, u64 now)
{
	if (p->fragment_id) {
		p->protocol |= FRAGMENT;
		p->sport = p->dport = p->fragment_id;
		store_flow(p, direction, owner, now);
	}
}

static __always_inline void store_packet_flow(struct packet *p, u8 direction, const struct owner *owner, u64 now)
{
	if (outlives_socket(p))
		store_flow(p, direction, owner, now);
	store_fragment(p, direction, owner, now);
}

#endif
