/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who has sent what a packet socket is about to see. Its copy of a packet has no socket, but shares the packet's bytes: by
 * where these are it is known again. Only by that can it be told whether what a packet socket or a raw one sends, or one of
 * several that share a port, is of who else has these addresses and ports. */
#ifndef PTCPDUMP_SENT_H
#define PTCPDUMP_SENT_H

#define SENT_LIFE (10ULL * 1000000000)  /* a packet in a queue may be late, but not by that */

/* Headers are taken off and put on at the start of a packet: its buffer and where it ends in that stay. */
struct sent_key {
	u64 head, end;
};

struct sent {
	struct owner owner;
	u64 time;               /* CLOCK_MONOTONIC, ns */
	u64 by;
};

enum sent_by { NOT_SEEN, BY_SOCKET, BY_NO_SOCKET };

/* Packets on their way from the queue of a device to packet sockets. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct sent_key);
	__type(value, struct sent);
} sent SEC(".maps");

bool has_sent;                  /* there has been any */

static __always_inline void sent_key(struct sent_key *key, struct sk_buff *skb)
{
	key->head = (u64)BPF_CORE_READ(skb, head);
	key->end = (u64)BPF_CORE_READ(skb, data) + BPF_CORE_READ(skb, len);
}

/* Whether its socket is one of those that are known by their addresses and ports without a doubt: connections, and the halves
 * of sockets that stand for them, which are not whole. */
static __always_inline bool is_connection(struct sock *sk)
{
	u8 state = sk->__sk_common.skc_state;

	return state == TCP_NEW_SYN_RECV || state == TCP_TIME_WAIT ||
	       (sk->sk_protocol == IPPROTO_TCP && sk->sk_type != SOCK_RAW && sk->__sk_common.skc_family != AF_PACKET);
}

/* Packets of connections are not noted: those of others that were at the same place are forgotten. */
static __always_inline void note_sent(struct sk_buff *skb, u64 stack)
{
	struct sock *sk = skb->sk;
	struct sent_key key = {};
	struct sent new = {};
	int found = NOT_KNOWN;

	if (!sk) {
		new.by = BY_NO_SOCKET;
	} else if (!is_connection(sk)) {
		found = sender_of_view(sk, &new.owner, stack);
		if (found == KNOWN || found == NOBODY)
			new.by = BY_SOCKET;
	}
	sent_key(&key, skb);
	if (new.by) {
		new.time = bpf_ktime_get_ns();
		has_sent = true;
		bpf_map_update_elem(&sent, &key, &new, BPF_ANY);
	} else if (has_sent) {
		bpf_map_delete_elem(&sent, &key);
	}
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(sending_packet, struct sk_buff *skb)
{
	if (is_watched(skb->dev->nd_net.net->ns.inum, skb->dev->ifindex))
		note_sent(skb, address_of(ctx));
	return 0;
}

/* Whether it was seen by what a packet was sent, and if by a socket, who has sent it: nobody who is known has pid 0. Returns
 * enum sent_by. */
ONCE int find_sent(struct __sk_buff *skb, struct owner *owner, u64 now)
{
	struct sent_key key = {};
	struct sent *known;

	if (!owner || !has_sent)
		return NOT_SEEN;
	sent_key(&key, (struct sk_buff *)skb);
	known = bpf_map_lookup_elem(&sent, &key);
	if (!known || is_past(known->time, SENT_LIFE, now))
		return NOT_SEEN;
	if (known->by == BY_SOCKET)
		*owner = known->owner;
	return known->by;
}

#endif
