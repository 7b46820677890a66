/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* From a packet to its owner for backends whose hooks find no sockets: as attribute.h, with what is known by tuple. */
#ifndef PTCPDUMP_ATTRIBUTE_TUPLE_H
#define PTCPDUMP_ATTRIBUTE_TUPLE_H

/* A function of its own, for the stack is small. */
static __noinline int attached_view(struct sk_buff *skb, const struct packet *p, u32 end, struct packet *original)
{
	return attached_original(skb, end, p, original);
}

bool has_translated;            /* there is something translated to be remembered */

/* As translated_sender() in forward.h. What comes in is known by what went out; who is not found is remembered, too, as
 * nobody: such an address and port are not those of a socket that has them here. Returns enum tracking. */
static __noinline int translated_by_tuple(struct sk_buff *skb, struct packet *p, u8 direction, struct owner *owner, u64 now)
{
	struct packet original = {};
	bool found = false, renamed = false;

	if (p->quoted)
		return UNTRACKED;
	if (direction == DIRECTION_OUT && attached_view(skb, p, THIS_END, &original)) {
		renamed = is_renamed(p, &original);
		if (renamed && is_attached_answer(skb))
			note_port(p, DIRECTION_OUT, true);
		found = owner_by_tuple(&original, p->netns, DIRECTION_IN, 0, owner) == KNOWN;
		if (!found && config.other_netns)
			found = attached_view(skb, p, TRANSLATED_END, &original) &&
				other_netns_by_tuple(&original, DIRECTION_IN, owner);
	}
	if (found || renamed) {
		if (!found)
			__builtin_memset(owner, 0, sizeof(*owner));
		owner->found = FOUND_TRANSLATED;
		has_translated = true;
		store_translated(p, owner, now);
		return TRANSLATED;
	}
	if (has_translated && !is_syn(p) && remembered_owner(p, p->netns, direction, owner, FOUND_TRANSLATED))
		return TRANSLATED;
	__builtin_memset(owner, 0, sizeof(*owner));
	return UNTRANSLATED;
}

/* Whether a socket here, or behind address translation, has the packet, or at least we know of its other end. */
static __always_inline bool attribute_by_tuple(struct sk_buff *skb, struct packet *p, u8 direction, u32 ifindex,
					       struct owner *owner, u64 now)
{
	int found = NO_SOCKET;

	if (translated_by_tuple(skb, p, direction, owner, now) != TRANSLATED)
		found = this_end_by_tuple(p, direction, ifindex, owner);
	else if (owner->pid)
		return true;
	else
		owner->found = FOUND_NONE;
	if (found == KNOWN) {
		store_fragment(p, direction, owner, now);
		return true;
	}
	if (found == NOBODY)
		return true;
	if (forwarded_owner(NULL, p, direction, owner))
		return true;
	if (p->quoted || !config.peer_match ||
	    owner_by_tuple(p, p->netns, far_end(direction, ifindex), 0, owner) != KNOWN)
		return false;
	owner->found = FOUND_PEER;
	return true;
}

/* What goes out without a socket has not been sent by the one that has its address and port: somebody replays it, or it passes
 * through. What is remembered of a flow stays, as what the kernel sends on behalf of a connection. */
static __always_inline void forget_unsent(struct owner *owner)
{
	if (owner->found == FOUND_SOCKET || owner->found == FOUND_LISTENER || owner->found == FOUND_SCAN)
		__builtin_memset(owner, 0, sizeof(*owner));
}

/* As find_other_end() in attribute.h */
ONCE int find_other_end_by_tuple(const struct packet *p, u32 direction, u32 ifindex, struct owner *other)
{
	u32 end, holder = direction & HOLDER;

	if (!p || !other || !config.peer_match || is_icmp_error(p))
		return false;
	end = far_end(direction & ~HOLDER, ifindex);
	return owner_by_tuple(p, p->netns, end | holder, 0, other) == KNOWN ||
	       (!holder && forwarded_owner(NULL, p, end & ~ONLY_BOUND, other));
}

/* Tell who has the other end of a packet, where that is known for certain. parsed: it is asked for, and the headers are in
 * the workspace. */
static __always_inline void tell_other_end(struct record *r, struct workspace *work, u32 direction, u32 ifindex, bool parsed)
{
	work->packet.quoted = false;
	r->has_other = parsed && find_other_end_by_tuple(&work->packet, direction | HOLDER, ifindex, &work->other);
	if (r->has_other)
		r->other = work->other;
}

#endif
