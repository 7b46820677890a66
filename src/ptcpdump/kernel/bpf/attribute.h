/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* From a packet in tc to its owner: the socket first, then flows remembered from sockets that are gone, then sockets of
 * other namespaces of this host. */
#ifndef PTCPDUMP_ATTRIBUTE_H
#define PTCPDUMP_ATTRIBUTE_H

static __always_inline void attribute_egress(struct __sk_buff *skb, bool link, u32 netns, struct owner *owner, u64 now)
{
	struct bpf_sock *sk = skb->sk, *full;
	struct packet p = {.netns = netns};
	struct flow *known_flow;
	bool known = false;

	if (sk) {
		known = socket_owner(sk, owner);
		full = bpf_sk_fullsock(sk);
		if (full && !known)
			known = packet_socket_owner(full, owner);
		/* the common case: nothing to be remembered, so the headers need not be read */
		if (full && known && (full->protocol == IPPROTO_UDP ||
		    (full->protocol == IPPROTO_TCP && full->state == TCP_ESTABLISHED)))
			return;
	}
	if (parse(skb, link, &p))
		return;
	if (known) {
		store_packet_flow(&p, DIRECTION_OUT, owner, now);
		return;
	}
	if (is_icmp_error(&p))
		return;
	known_flow = lookup_same_flow(&p, DIRECTION_OUT, now);
	if (use_flow(known_flow, owner, 0))
		return;
	if (translated_owner(skb, &p, DIRECTION_OUT, owner, now))
		store_translated(&p, owner, now);
	else if (use_flow(known_flow, owner, FOUND_TRANSLATED))
		return;
	else if (forwarded_owner(skb, &p, DIRECTION_OUT, owner))
		store_packet_flow(&p, DIRECTION_OUT, owner, now);
	else if (use_flow(known_flow, owner, FOUND_PEER))
		return;
	else if (config.peer_match && (receiver_owner(skb, &p, BPF_F_CURRENT_NETNS, owner) ||
				       flow_owner(&p, DIRECTION_IN, owner, now, 0) ||
				       flow_owner(&p, DIRECTION_IN, owner, now, FOUND_PEER)))
		owner->found = FOUND_PEER;      /* no process sends it, but one will receive it */
}

static __always_inline void attribute_ingress(struct __sk_buff *skb, bool link, u32 netns, struct owner *owner, u64 now)
{
	struct bpf_sock *sk;
	struct packet p = {.netns = netns};
	struct flow *known_flow = NULL;
	bool parsed = parse_plain(skb, link, &p) || parse(skb, link, &p) == 0;

	if (parsed) {
		if (is_icmp_error(&p) && parse_quoted(skb, &p))
			return;
		if (next_receiver_owner(skb, &p, owner, now)) {
			if (owner->found == FOUND_LISTENER)
				translated_owner(skb, &p, DIRECTION_IN, owner, now); /* packets pass by a proxy's socket */
			store_packet_flow(&p, DIRECTION_IN, owner, now);
			return;
		}
		known_flow = lookup_same_flow(&p, DIRECTION_IN, now);
		if (use_flow(known_flow, owner, 0))
			return;
		if (translated_owner(skb, &p, DIRECTION_IN, owner, now)) {
			store_packet_flow(&p, DIRECTION_IN, owner, now);
			return;
		}
		if (use_flow(known_flow, owner, FOUND_TRANSLATED))
			return;
	}
	/* skb->sk survives a veth pair: the sender's socket in another namespace of this host */
	sk = skb->sk;
	if (sk && config.peer_match && !p.quoted && socket_owner(sk, owner)) {
		owner->found = FOUND_PEER;
		if (parsed)
			store_packet_flow(&p, DIRECTION_OUT, owner, now);
		return;
	}
	if (!parsed)
		return;
	if (forwarded_owner(skb, &p, DIRECTION_IN, owner))
		store_packet_flow(&p, DIRECTION_IN, owner, now);
	else if (use_flow(known_flow, owner, FOUND_PEER))
		return;
	else if (!p.quoted && config.peer_match && (flow_owner(&p, DIRECTION_OUT, owner, now, 0) ||
						    flow_owner(&p, DIRECTION_OUT, owner, now, FOUND_PEER)))
		owner->found = FOUND_PEER;
}

/* A packet whose owner is not wanted: whether the process at its other end, on this host too, is. */
static __always_inline bool other_end_wanted(struct __sk_buff *skb, bool link, u8 direction, u32 netns,
					     struct owner *owner)
{
	struct packet p = {.netns = netns};
	struct bpf_sock *sk = skb->sk;
	bool found;

	if (!config.filter || !config.peer_match || parse(skb, link, &p) || is_icmp_error(&p))
		return false;
	if (direction == DIRECTION_OUT)
		found = receiver_owner(skb, &p, BPF_F_CURRENT_NETNS, owner) ||
			forwarded_owner(skb, &p, DIRECTION_IN, owner);
	else
		found = (sk && socket_owner(sk, owner)) || forwarded_owner(skb, &p, DIRECTION_OUT, owner);
	owner->found = FOUND_PEER;
	return found && wanted(owner);
}

#endif
