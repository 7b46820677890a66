/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The one BPF object of ptcpdump. The loader turns on the programs that the run and the kernel call for. */
#include "kernel.h"
#include "verifier.h"
#include "record.h"
#include "maps.h"
#include "pids.h"
#include "task.h"
#include "tasks.h"
#include "owner.h"
#include "handed.h"
#include "holders.h"
#include "sharing.h"
#include "select.h"
#include "headers.h"
#include "reading.h"
#include "parse.h"
#include "parse_skb.h"
#include "local.h"
#include "below.h"
#include "tuples.h"
#include "flows.h"
#include "multicast.h"
#include "socket_owner.h"
#include "receiver.h"
#include "by_tuple.h"
#include "sockets.h"
#include "processes.h"
#include "forward.h"
#include "attribute.h"
#include "lanes.h"
#include "emit.h"
#include "slots.h"
#include "cgroup_skb.h"
#include "attribute_tuple.h"
#include "tracepoint.h"
#include "sent.h"
#include "packet_socket.h"

/* tc and tcx: the verdict -1 (TC_ACT_UNSPEC, TCX_NEXT) leaves every decision to others. "l3" is for devices without a
 * link layer. */
#define TC(name, direction, link) \
SEC("tc") int name(struct __sk_buff *skb) { emit(skb, direction, link); return -1; }

TC(tc_ingress, DIRECTION_IN, true)
TC(tc_egress, DIRECTION_OUT, true)
TC(tc_ingress_l3, DIRECTION_IN, false)
TC(tc_egress_l3, DIRECTION_OUT, false)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
