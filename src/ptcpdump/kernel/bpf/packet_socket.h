/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The backend socket-filter: the filter of a packet socket, which takes what it wants and then refuses the packet, so
 * that nothing is queued. It can't look up sockets: owners are found by tuple, but for senders that were seen to send. */
#ifndef PTCPDUMP_PACKET_SOCKET_H
#define PTCPDUMP_PACKET_SOCKET_H

#define PACKET_OUTGOING 4       /* __sk_buff.pkt_type; all other kinds come in */

static __always_inline void attribute_packet(struct __sk_buff *skb, bool link, u8 direction, struct packet *p,
					     struct record *r)
{
	int sent = direction == DIRECTION_OUT ? find_sent(skb, &r->owner, r->time) : NOT_SEEN;

	if (sent == BY_SOCKET || parse_by_helpers(skb, link, p))
		return;
	if (is_icmp_error(p) && (direction == DIRECTION_OUT || parse_quoted_by_helpers(skb, p)))
		return;
	p->below = direction == DIRECTION_IN && is_for_above((struct sk_buff *)skb, p);
	attribute_by_tuple((struct sk_buff *)skb, p, direction, skb->ifindex, &r->owner, r->time);
	if (sent == BY_NO_SOCKET)
		forget_unsent(&r->owner);
}

/* Whether the process at the other end is wanted, if that of this one is not. */
static __always_inline bool packet_to_wanted(struct __sk_buff *skb, bool link, u8 direction, struct workspace *work)
{
	work->packet.quoted = false;
	return config.filter && !parse_by_helpers(skb, link, &work->packet) &&
	       find_other_end_by_tuple(&work->packet, direction, skb->ifindex, &work->other) && wanted(&work->other);
}

static __always_inline int emit_packet(struct __sk_buff *skb, bool link)
{
	u8 direction = skb->pkt_type == PACKET_OUTGOING ? DIRECTION_OUT : DIRECTION_IN;
	u32 slot, netns = netns_of(skb);
	struct workspace *work;
	struct record *r;

	if (!(config.directions & direction))
		return 0;
	slot = take_slot();
	r = bpf_map_lookup_elem(&scratch, &slot);
	if (!r) {
		count_lost(netns, skb->ifindex);
		return 0;
	}
	r->time = bpf_ktime_get_ns();
	r->netns = netns;
	__builtin_memset(&r->owner, 0, sizeof(r->owner));
	work = workspace_in(r, netns);
	attribute_packet(skb, link, direction, &work->packet, r);
	tell_other_end(r, work, direction, skb->ifindex, tells_both_ends(skb->ifindex) &&
		       !parse_by_helpers(skb, link, &work->packet));
	if (wanted(&r->owner) || packet_to_wanted(skb, link, direction, work))
		deliver(skb, r, direction, link);
	give_back(slot);
	return 0;
}

SEC("socket")
int packet_socket(struct __sk_buff *skb)
{
	return emit_packet(skb, true);
}

SEC("socket")
int packet_socket_l3(struct __sk_buff *skb)
{
	return emit_packet(skb, false);
}

#endif
