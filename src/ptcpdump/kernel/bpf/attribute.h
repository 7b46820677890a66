/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* From a packet in tc to its owner: the socket first, then flows remembered from sockets that are gone, then sockets of
 * other namespaces of this host. */
#ifndef PTCPDUMP_ATTRIBUTE_H
#define PTCPDUMP_ATTRIBUTE_H

/* The process that gets what goes out, for packets that no process sends. */
static __always_inline bool peer_of_sent(struct __sk_buff *skb, struct packet *p, struct owner *owner)
{
	int found = find_socket(skb, p, far_end(DIRECTION_OUT, skb->ifindex), BPF_F_CURRENT_NETNS, owner);

	return found == KNOWN ||
	       (found == NO_SOCKET && (remembered_owner(p, p->netns, DIRECTION_IN, owner, 0) ||
				       remembered_owner(p, p->netns, DIRECTION_IN, owner, FOUND_PEER)));
}

/* The reset that answers a SYN where nobody listens (RFC 9293, 3.5.2): what opened was another connection than any that
 * may have been between these ports. For hooks that don't see what no socket gets. */
static __always_inline bool is_refusal(struct __sk_buff *skb, const struct packet *p)
{
	u32 sequence = 1;

	return p->protocol == IPPROTO_TCP && (p->tcp_flags & (TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK) &&
	       !bpf_skb_load_bytes(skb, p->transport + 4, &sequence, sizeof(sequence)) && !sequence;
}

static __always_inline void attribute_egress(struct __sk_buff *skb, bool link, struct packet *p, struct owner *owner,
					     u64 now)
{
	struct bpf_sock *sk = skb->sk, *full;
	int found = NO_SOCKET;
	bool translated;

	if (sk) {
		full = bpf_sk_fullsock(sk);
		found = sender_owner(sk, full, owner);
		/* the common case: nothing to be remembered, so the headers need not be read */
		if (full && found == KNOWN && (full->protocol == IPPROTO_UDP ||
		    (full->protocol == IPPROTO_TCP && full->state == TCP_ESTABLISHED)))
			return;
	}
	if (found == NOBODY || parse(skb, link, p))
		return;
	if (found == KNOWN) {
		store_packet_flow(p, DIRECTION_OUT, owner, now);
		return;
	}
	if (is_icmp_error(p))
		return;
	if (is_syn(p) || is_refusal(skb, p))
		forget_flow(p, DIRECTION_OUT);
	translated = translated_sender(skb, p, owner) == TRANSLATED;
	if (!translated && remembered_owner(p, p->netns, DIRECTION_OUT, owner, 0))
		return;
	if (translated && owner->found)
		store_translated(p, owner, now);
	else if (remembered_owner(p, p->netns, DIRECTION_OUT, owner, FOUND_TRANSLATED))
		return;
	else if (forwarded_owner(skb, p, DIRECTION_OUT, owner))
		store_packet_flow(p, DIRECTION_OUT, owner, now);
	else if (remembered_owner(p, p->netns, DIRECTION_OUT, owner, FOUND_PEER))
		return;
	else if (config.peer_match && peer_of_sent(skb, p, owner))
		owner->found = FOUND_PEER;
}

/* Whether packets pass by a socket of their port, a proxy's for instance, on their way to who they are translated for. Finds
 * that one, or nobody. */
static __always_inline bool is_passed_by(struct __sk_buff *skb, const struct packet *p, struct owner *owner, u64 now)
{
	int tracked = translated_receiver(skb, p, owner, now);

	if (tracked == TRANSLATED)
		return !owner->found;
	if (tracked == UNTRANSLATED)
		note_port(p, DIRECTION_IN, false);
	if (tracked == UNTRANSLATED || !has_translated_ports || !is_translated_port(p))
		return false;
	__builtin_memset(owner, 0, sizeof(*owner));
	return true;
}

static __always_inline void attribute_ingress(struct __sk_buff *skb, bool link, struct packet *p, struct owner *owner,
					      u64 now)
{
	struct bpf_sock *sk;
	bool parsed = parse_plain(skb, link, p) || parse(skb, link, p) == 0;
	int found;

	if (parsed) {
		if (is_icmp_error(p) && parse_quoted(skb, p))
			return;
		if (has_no_lookup(p->protocol))
			found = this_end_by_tuple(p, DIRECTION_IN, skb->ifindex, owner);
		else
			found = next_receiver_owner(skb, p, owner, now);
		if (found == ENDED)
			found = receiver_heir(skb, p, owner);
		if (found == NOBODY)
			return;
		if (found == KNOWN && (owner->found == FOUND_LISTENER || p->protocol == IPPROTO_UDP) &&
		    is_passed_by(skb, p, owner, now))
			found = NO_SOCKET;
		if (found == KNOWN) {
			store_packet_flow(p, DIRECTION_IN, owner, now);
			return;
		}
		if (is_syn(p))
			forget_flow(p, DIRECTION_IN);
		if (remembered_owner(p, p->netns, DIRECTION_IN, owner, 0))
			return;
		if (translated_receiver(skb, p, owner, now) == TRANSLATED && owner->found) {
			store_packet_flow(p, DIRECTION_IN, owner, now);
			return;
		}
		if (remembered_owner(p, p->netns, DIRECTION_IN, owner, FOUND_TRANSLATED))
			return;
	}
	/* skb->sk survives a veth pair: the sender's socket in another namespace of this host */
	sk = skb->sk;
	if (sk && config.peer_match && !p->quoted && socket_owner(sk, sk->state, owner, false) == KNOWN) {
		owner->found = FOUND_PEER;
		if (parsed)
			store_packet_flow(p, DIRECTION_OUT, owner, now);
		return;
	}
	if (!parsed)
		return;
	if (forwarded_owner(skb, p, DIRECTION_IN, owner))
		store_packet_flow(p, DIRECTION_IN, owner, now);
	else if (remembered_owner(p, p->netns, DIRECTION_IN, owner, FOUND_PEER))
		return;
	else if (!p->quoted && config.peer_match &&
		 (remembered_owner(p, p->netns, DIRECTION_OUT, owner, 0) ||
		  remembered_owner(p, p->netns, DIRECTION_OUT, owner, FOUND_PEER)))
		owner->found = FOUND_PEER;
}

/* The process at the other end of a packet, on this host too. p: where to put its headers, with the namespace.
 * direction: that of the packet, with or without HOLDER. */
ONCE int find_other_end(struct __sk_buff *skb, bool link, u32 direction, struct packet *p, struct owner *other)
{
	struct bpf_sock *sk = skb->sk;
	u32 end, holder = direction & HOLDER;

	if (!p || !other || !config.peer_match)
		return false;
	p->quoted = false;
	if (parse(skb, link, p) || is_icmp_error(p))
		return false;
	direction &= ~HOLDER;
	end = far_end(direction, skb->ifindex);
	if (has_no_lookup(p->protocol) ? owner_by_tuple(p, p->netns, end | holder, 0, other) == KNOWN :
					 find_socket(skb, p, end | holder, BPF_F_CURRENT_NETNS, other) == KNOWN)
		return true;
	if (holder)
		return false;   /* what follows is enough for a choice, but not to be told */
	end &= ~ONLY_BOUND;
	if (remembered_owner(p, p->netns, end, other, 0) || forwarded_owner(skb, p, end, other))
		return true;
	/* on a device below a socket that is the sender's, of another namespace */
	return direction == DIRECTION_IN && sk && socket_owner(sk, sk->state, other, false) == KNOWN;
}

/* Whether it is to be told, and is known for certain. */
static __always_inline bool other_end_told(struct __sk_buff *skb, bool link, u32 direction, struct workspace *work)
{
	return tells_both_ends(skb->ifindex) &&
	       find_other_end(skb, link, direction | HOLDER, &work->packet, &work->other);
}

/* Whether that one is wanted, if the process of this end is not. The packet still is this end's. */
static __always_inline bool other_end_wanted(struct __sk_buff *skb, bool link, u32 direction, struct workspace *work)
{
	return config.filter && find_other_end(skb, link, direction, &work->packet, &work->other) && wanted(&work->other);
}

#endif
