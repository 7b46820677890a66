/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Owners of flows whose sockets can't be looked up: closed, of another namespace, or out of reach of the hook. */
#ifndef PTCPDUMP_FLOWS_H
#define PTCPDUMP_FLOWS_H

#define FLOW_LIFE (120ULL * 1000000000)         /* twice the longest TIME_WAIT in use */
#define FLOW_REFRESH (1000000000ULL)

static __always_inline void flow_key(struct flow_key *key, const struct packet *p, u32 netns, u8 direction)
{
	bool in = direction == DIRECTION_IN;

	key->netns = netns;
	key->protocol = p->protocol;
	/* two hosts may ask each other with the same identifier; a quoted packet is one of ours, turned round */
	if (is_icmp(p->protocol) && is_icmp_echo(p) && is_echo_request(p) == (in != p->quoted))
		key->protocol |= ANSWERING;
	__builtin_memcpy(key->local, in ? p->destination : p->source, 16);
	__builtin_memcpy(key->remote, in ? p->source : p->destination, 16);
	key->local_port = in ? p->dport : p->sport;
	key->remote_port = in ? p->sport : p->dport;
}

/* Whether a time is longer ago than `life`. Another CPU may have written it after we have read our clock. */
static __always_inline bool is_past(u64 time, u64 life, u64 now)
{
	return (s64)(now - time) > (s64)life;
}

ONCE int store_flow(const struct packet *p, u32 direction, const struct owner *owner, u64 now)
{
	struct flow_key key = {};
	struct flow *known, flow;

	if (!p || !owner)
		return 0;
	flow_key(&key, p, p->netns, direction);
	known = bpf_map_lookup_elem(&flows, &key);
	if (known && known->owner.pid == owner->pid && known->owner.start == owner->start &&
	    known->owner.found == owner->found && (!known->time || !is_past(known->time, FLOW_REFRESH, now)))
		return 0;
	flow.time = known && !known->time ? 0 : now;
	flow.owner = *owner;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
	return 0;
}

/* Unconnected sockets are known by their local address and port, or by the port alone. p, direction: whose key it is. */
static __always_inline struct flow *lookup_local(struct flow_key *key, const struct packet *p, u8 direction)
{
	struct flow *known;

	key->remote_port = 0;
	__builtin_memset(key->remote, 0, sizeof(key->remote));
	known = bpf_map_lookup_elem(&flows, key);
	if (known || is_foreign(p, key->netns, direction))
		return known;
	__builtin_memset(key->local, 0, sizeof(key->local));
	return bpf_map_lookup_elem(&flows, key);
}

/* The key of a socket's flow. */
static __always_inline bool socket_flow_key(struct flow_key *key, const struct sock *sk)
{
	struct socket_key socket = {};

	if (!socket_key(&socket, sk))
		return false;
	key->netns = socket.netns;
	key->protocol = socket.protocol & ~V6_ONLY;
	key->local_port = socket.local_port;
	key->remote_port = socket.remote_port;
	__builtin_memcpy(key->local, socket.local, sizeof(key->local));
	__builtin_memcpy(key->remote, socket.remote, sizeof(key->remote));
	return true;
}

/* That of an unconnected socket, as owners/proc_sockets writes it: unspecified addresses are zeros. */
static __always_inline bool local_flow_key(struct flow_key *key, const struct sock *sk)
{
	if (!socket_flow_key(key, sk) || key->remote_port)
		return false;
	if (!key->local[0] && !key->local[1] && !key->local[3])
		key->local[2] = 0;
	__builtin_memset(key->remote, 0, sizeof(key->remote));
	return true;
}

/* The entry of the flow that a packet belongs to, unless it has expired. */
static __always_inline struct flow *lookup_flow(const struct packet *p, u32 netns, u8 direction, u64 now)
{
	struct flow_key key = {};
	struct flow *known;

	flow_key(&key, p, netns, direction);
	known = bpf_map_lookup_elem(&flows, &key);
	if (known && known->time && is_past(known->time, FLOW_LIFE, now))
		known = NULL;
	if (!known && config.socket_flows)
		known = lookup_local(&key, p, direction);
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
	if (found != FOUND_SCAN && found != FOUND_KERNEL && !foreign)
		owner->found = FOUND_FLOW;
	return true;
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

/* A new connection has nothing to do with an earlier one between the same ports: not even its answer has, if there is no
 * listener any more. */
ONCE int forget_flow(const struct packet *p, u32 direction)
{
	struct flow_key key = {};

	if (!p)
		return 0;
	flow_key(&key, p, p->netns, direction);
	if (bpf_map_lookup_elem(&flows, &key))
		bpf_map_delete_elem(&flows, &key);
	return 0;
}

/* What is remembered of a packet's flow, as seen from one end; `foreign` as in use_flow(). A function of its own, for the
 * stack is small. */
ONCE int remembered_owner(const struct packet *p, u32 netns, u32 direction, struct owner *owner, u32 foreign)
{
	if (!p || !owner || !has_flow(p))
		return false;
	return use_flow(lookup_flow(p, netns, direction, bpf_ktime_get_ns()), owner, foreign);
}

/* The owner of the listener that a SYN is for, if it is one that /proc told of: it is known by its port, no connection is. */
ONCE int earlier_listener(const struct packet *p, u32 netns, struct owner *owner)
{
	struct flow_key key = {};

	if (!p || !owner || !config.socket_flows)
		return false;
	flow_key(&key, p, netns, DIRECTION_IN);
	return use_flow(lookup_local(&key, p, DIRECTION_IN), owner, 0);
}

/* Packets after which a flow may outlive its socket, or that have none to ask next time. */
static __always_inline bool outlives_socket(const struct packet *p)
{
	if (p->protocol == IPPROTO_TCP)
		return p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);
	return is_icmp(p->protocol) && !p->quoted;
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
