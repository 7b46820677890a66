/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Which addresses are a network namespace's own. A socket that is bound to no address has packets of these alone: others
 * that come to its port are bridged, routed or translated on their way to somebody else. */
#ifndef PTCPDUMP_LOCAL_H
#define PTCPDUMP_LOCAL_H

/* Kept by user space: 1 for addresses and networks that are a namespace's own, 0 for all others of one whose own are
 * known (4.11). */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct local_key);
	__type(value, u8);
} local SEC(".maps");

/* Whether an end of a packet cannot be in a namespace, by its address. Where the namespace's own are not known it may be. */
ONCE int is_foreign(const struct packet *p, u32 netns, u32 direction)
{
	struct local_key key = {.bits = 160, .netns = netns};
	u8 *own;

	if (!p)
		return false;
	__builtin_memcpy(key.address, direction & DIRECTION_IN ? p->destination : p->source, sizeof(key.address));
	own = bpf_map_lookup_elem(&local, &key);
	return own && !*own;
}

struct port_key {
	u32 netns;
	u32 protocol;
	u32 port;               /* network order */
};

/* Ports of this host that are translated, to a container's for instance. Who has such a port here, too (a proxy that stands
 * in for the translation), gets nothing of that; first packets come before there is a connection that tells. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_key);
	__type(value, u8);
} translated_ports SEC(".maps");

bool has_translated_ports;      /* there has been any */

static __always_inline void port_key(struct port_key *key, const struct packet *p, u32 direction)
{
	key->netns = p->netns;
	key->protocol = p->protocol;
	key->port = direction & DIRECTION_IN ? p->dport : p->sport;
}

ONCE int is_translated_port(const struct packet *p)
{
	struct port_key key = {};

	if (!p)
		return false;
	port_key(&key, p, DIRECTION_IN);
	return bpf_map_lookup_elem(&translated_ports, &key) != NULL;
}

/* What is known of a packet's connection says so, or that its port is not translated (any more). */
ONCE int note_port(const struct packet *p, u32 direction, u32 is_translated)
{
	struct port_key key = {};
	u8 one = 1;

	if (!p || (!is_translated && !has_translated_ports))
		return 0;
	port_key(&key, p, direction);
	if (is_translated) {
		has_translated_ports = true;
		bpf_map_update_elem(&translated_ports, &key, &one, BPF_ANY);
	} else if (bpf_map_lookup_elem(&translated_ports, &key)) {
		bpf_map_delete_elem(&translated_ports, &key);
	}
	return 0;
}

#endif
