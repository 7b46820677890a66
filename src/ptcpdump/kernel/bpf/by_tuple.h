/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* From a packet to its owner where no helper finds its socket: by the sockets that are known by tuple, and by flows. */
#ifndef PTCPDUMP_BY_TUPLE_H
#define PTCPDUMP_BY_TUPLE_H

/* The owner of a subflow: whose the MPTCP connection is, or has been when it was closed. What is sent and received then,
 * to close the subflow, is that process's also if it has ended: whether a socket is left behind says the connection, which
 * its subflows keep in memory. */
static __always_inline int subflow_owner(struct tracked *subflow, struct owner *owner)
{
	struct tracked *connection = bpf_map_lookup_elem(&tracked, &subflow->of);

	if (connection)
		subflow->known = connection->known;
	if (!subflow->known.owner.pid)
		return NOBODY;
	return owner_of(&subflow->known, (const struct sock *)subflow->of, owner, false);
}

/* Whose a socket is that is tracked, with asked_again as in owner_of(), but for a subflow of MPTCP, which is no process's own.
 * Returns enum known. */
static __always_inline int tracked_owner(u64 id, struct owner *owner, bool asked_again)
{
	struct tracked *socket = bpf_map_lookup_elem(&tracked, &id);

	if (!socket)
		return NOBODY;
	if (socket->of)
		return subflow_owner(socket, owner);
	if (socket->known.owner.found == FOUND_KERNEL) {
		if (leave_if_gone(socket, id))
			return NO_SOCKET;
		owner->found = FOUND_KERNEL;
		return KNOWN;
	}
	if (!socket->known.owner.pid)
		return NOBODY;
	return owner_of(&socket->known, (const struct sock *)id, owner, asked_again);
}

#define NONE 0
#define SEVERAL 1       /* of different processes */

/* The id of a socket of a tuple, or one of the above. */
static __always_inline u64 id_of_tuple(const struct socket_key *key)
{
	struct tuple *tuple = bpf_map_lookup_elem(&tuples, key);

	if (!tuple || !tuple->count)
		return NONE;
	if (tuple->count == 1)
		return tuple->ids;
	return tuple->differ ? SEVERAL : tuple->first;
}

/* Those that are bound to the packet's device come first. */
static __always_inline u64 id_on_device(struct socket_key *key, u32 ifindex)
{
	u64 id = NONE;

	if (bound_to_device) {
		key->ifindex = ifindex;
		id = id_of_tuple(key);
		key->ifindex = 0;
	}
	return id ? id : id_of_tuple(key);
}

/* The same for a key whose local address is unspecified. Changes the key. */
static __always_inline u64 id_of_any_address(struct socket_key *key, u32 ifindex)
{
	bool version4 = !key->local[0] && !key->local[1] && key->local[2] == bpf_htonl(0xffff);
	u64 id;

	key->local[3] = 0;
	if (!version4) {
		key->local[0] = key->local[1] = key->local[2] = 0;
		key->protocol |= V6_ONLY;
	}
	id = id_on_device(key, ifindex);
	if (id)
		return id;
	key->local[2] = 0;
	key->protocol &= ~V6_ONLY;
	return id_on_device(key, ifindex);
}

/* The same for the socket at one end of a packet: one that is connected to the other end, or any of its port. direction:
 * that end, with or without ONLY_BOUND. */
ONCE u64 id_by_tuple(const struct packet *p, u32 netns, u32 direction, u32 ifindex, bool connected)
{
	struct socket_key key = {.netns = netns};
	bool in = direction & DIRECTION_IN;
	u64 id;

	if (!p)
		return NONE;
	key.protocol = p->protocol;
	__builtin_memcpy(key.local, in ? p->destination : p->source, 16);
	if (connected)
		__builtin_memcpy(key.remote, in ? p->source : p->destination, 16);
	if (has_ports(p->protocol)) {
		key.local_port = in ? p->dport : p->sport;
		if (connected)
			key.remote_port = in ? p->sport : p->dport;
	}
	id = id_on_device(&key, ifindex);
	if (id || direction & ONLY_BOUND || is_foreign(p, netns, direction))
		return id;
	return id_of_any_address(&key, ifindex);
}

/* Whether programs choose sockets in the namespace of one (BPF_PROG_TYPE_SK_LOOKUP): of what belongs to no connection they
 * are asked first. */
static __always_inline bool is_steered(u64 id)
{
	struct net *net = BPF_CORE_READ((const struct sock *)id, __sk_common.skc_net.net);

	return bpf_core_field_exists(net->bpf) && BPF_CORE_READ(net, bpf.run_array[NETNS_BPF_SK_LOOKUP]);
}

/* The owner of the end that sends a packet (OUT) or gets it (IN), in a namespace: a connected socket, what is remembered of
 * the flow, or any socket of its port. direction: that end, with or without ONLY_BOUND, HOLDER. Returns enum known. */
ONCE int owner_by_tuple(const struct packet *p, u32 netns, u32 direction, u32 ifindex, struct owner *owner)
{
	bool connected, tracked, opens, translated, asked_again = direction & HOLDER;
	u32 end = direction & ~HOLDER;
	u64 id = NONE;

	if (!p || !owner)
		return NO_SOCKET;
	direction = end & ~ONLY_BOUND;
	tracked = has_ports(p->protocol) || has_no_lookup(p->protocol);
	opens = is_syn(p) && direction == DIRECTION_IN;         /* for a listener, whatever was between the ports before */
	if (tracked && !opens)
		id = id_by_tuple(p, netns, end, ifindex, true);
	if (tracked && !id && incomplete)
		return NOBODY;          /* the one that is meant may be missing */
	if (!id && !opens && remembered_owner(p, netns, direction, owner, 0))
		return KNOWN;
	connected = id;
	if (tracked && !id)
		id = id_by_tuple(p, netns, end, ifindex, false);
	translated = !connected && direction == DIRECTION_IN && has_translated_ports && is_translated_port(p);
	if (!id)
		return opens && !translated && earlier_listener(p, netns, owner) ? KNOWN : NO_SOCKET;
	if (translated || (!connected && direction == DIRECTION_IN && (p->below || is_steered(id))))
		return NOBODY;
	if (id == SEVERAL || (direction == DIRECTION_IN && p->protocol == IPPROTO_UDP && !is_certain(p, (const void *)id)))
		return NOBODY;
	if (asked_again && direction == DIRECTION_IN && p->protocol != IPPROTO_TCP && is_shared((const void *)id))
		return NOBODY;
	return tracked_owner(id, owner, asked_again);
}

/* Who holds the socket at this end of a packet, if owner_by_tuple() says ENDED. Returns enum known. */
ONCE int heir_by_tuple(const struct packet *p, u32 netns, u32 direction, u32 ifindex, struct owner *owner)
{
	struct tracked *socket;
	u64 id;

	if (!p || !owner)
		return NOBODY;
	id = id_by_tuple(p, netns, direction, ifindex, true);
	if (!id)
		id = id_by_tuple(p, netns, direction, ifindex, false);
	socket = bpf_map_lookup_elem(&tracked, &id);
	return socket ? heir_of(&socket->known, (const void *)id, owner) : NOBODY;
}

/* The owner of this end of a packet, where it is seen. */
static __always_inline int this_end_by_tuple(const struct packet *p, u8 direction, u32 ifindex, struct owner *owner)
{
	int found = owner_by_tuple(p, p->netns, direction | HOLDER, ifindex, owner);

	if (found != KNOWN && is_syn(p) && direction == DIRECTION_IN)
		forget_flow(p, direction);
	return found == ENDED ? heir_by_tuple(p, p->netns, direction, ifindex, owner) : found;
}

#endif
