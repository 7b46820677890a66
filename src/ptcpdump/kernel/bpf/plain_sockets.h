/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who uses which socket, on kernels before 5.10: it is written into `flows`, where the packet programs look. What is needed
 * of a socket is the head of struct sock_common, which is the same from Linux 3.13 on; loading/openers.py has it proved by
 * sockets of our own before anything is believed. The hooks that tell are in plain_hooks.h. */
#ifndef PTCPDUMP_PLAIN_SOCKETS_H
#define PTCPDUMP_PLAIN_SOCKETS_H

/* The head of struct sock_common (include/net/sock.h). */
struct socket_head {
	__be32 daddr, saddr;
	u32 hash;
	__be16 dport;
	u16 port;
	u16 family;
	u8 state;
	u8 bits;
	u32 device;
	u64 nodes[2], prot, net;
	u32 daddr6[4], saddr6[4];       /* anything, where the kernel has no IPv6 */
};
#define REUSE 0x1f              /* of its bits: SO_REUSEADDR, SO_REUSEPORT */
#define REUSE_PORT 0x10
#define ONLY_IPV6 0x20
#define OF_PROCESS 0x40         /* it counts in its namespace, as those of the kernel don't */

/* The keys that sockets without connection were written with: others may have their ports when they are closed. Where
 * this is full, a socket is not written. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct flow_key);
} noted SEC(".maps");

/* Who has begun a connection, until its ends are known. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct owner);
} connecting SEC(".maps");

/* Any address of IPv4 is ::ffff:0.0.0.0 in a key: a socket for IPv6 alone may be another one's. */
static __always_inline bool socket_key(struct flow_key *key, const struct socket_head *h, const struct places *p,
				       u32 protocol)
{
	if (h->net != p->net || !(h->bits & OF_PROCESS) || !h->port)
		return false;
	key->netns = p->netns;
	key->protocol = protocol;
	key->local_port = bpf_htons(h->port);
	key->remote_port = h->dport;
	if (h->family == AF_INET) {
		map4(key->local, h->saddr);
		if (h->dport)
			map4(key->remote, h->daddr);
		return true;
	}
	if (h->family != AF_INET6)
		return false;
	__builtin_memcpy(key->local, h->saddr6, 16);
	if (h->dport)
		__builtin_memcpy(key->remote, h->daddr6, 16);
	return true;
}

static __always_inline bool is_any6(const struct flow_key *key)
{
	return !(key->local[0] | key->local[1] | key->local[2] | key->local[3]);
}

static __always_inline void forget_key(struct flow_key *key)
{
	bpf_map_delete_elem(&flows, key);
	if (is_any6(key)) {
		key->local[2] = bpf_htonl(0xffff);
		bpf_map_delete_elem(&flows, key);
	}
}

/* A socket is closed, or others may have its port. */
static __always_inline void forget(void *sk)
{
	u64 id = (u64)sk;
	struct flow_key *known = bpf_map_lookup_elem(&noted, &id), key;

	if (!known)
		return;
	key = *known;
	forget_key(&key);
	bpf_map_delete_elem(&noted, &id);
}

/* What user space has written of a socket that is closed, or of an earlier one with the same ends. */
static __always_inline void forget_ends(void *sk, u32 protocol)
{
	struct places *p = my_places();
	struct socket_head h;
	struct flow_key key = {};

	if (p && !bpf_probe_read(&h, sizeof(h), sk) && socket_key(&key, &h, p, protocol))
		forget_key(&key);
}

static __always_inline bool same_key(const struct flow_key *a, const struct flow_key *b)
{
	u32 i, differs = 0;

	for (i = 0; i < 4; i++)
		differs |= (a->local[i] ^ b->local[i]) | (a->remote[i] ^ b->remote[i]);
	return !differs && a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       a->protocol == b->protocol;
}

/* Have forget() find the key. Returns whether it will. */
static __always_inline bool remember(void *sk, const struct flow_key *key)
{
	u64 id = (u64)sk;
	struct flow_key *known = bpf_map_lookup_elem(&noted, &id);

	if (known && same_key(known, key))
		return true;
	if (known)
		forget(sk);     /* connected meanwhile, or bound to an address */
	return !bpf_map_update_elem(&noted, &id, key, BPF_ANY);
}

/* The current task uses a socket. closes: a hook tells when it is closed, and packets may need its local end alone. */
static __always_inline void note(void *sk, u32 protocol, u8 found, bool closes)
{
	struct places *p = my_places();
	struct socket_head h;
	struct flow_key key = {};
	struct flow flow = {}, *known;
	u64 id = bpf_get_current_pid_tgid();

	if (!p || !sk || bpf_probe_read(&h, sizeof(h), sk) || !socket_key(&key, &h, p, protocol))
		return;
	/* several sockets may have this end, so it tells of what is sent alone, as one of them was the last to send */
	if (closes && found == FOUND_SOCKET && !h.dport && h.bits & REUSE)
		found = FOUND_FLOW;
	known = bpf_map_lookup_elem(&flows, &key);
	/* as does a socket that another process has used before, until it is closed */
	if (closes && found == FOUND_SOCKET && known && (known->owner.found == FOUND_FLOW ||
	    (known->owner.found == FOUND_SOCKET && known->owner.pid != id >> 32)))
		found = FOUND_FLOW;
	if (known && known->owner.found == found && known->owner.pid == id >> 32 && known->owner.tid == (u32)id)
		return;
	if (!fill_owner(&flow.owner, p, found) || (closes && !remember(sk, &key)))
		return;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
	if (is_any6(&key) && !(h.bits & ONLY_IPV6)) {
		key.local[2] = bpf_htonl(0xffff);
		bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
	}
}

#endif
