/* SPDX-License-Identifier: GPL-2.0-or-later */
/* live_peers.h - what else can direct SIP, for the bench to compare with. Failures end the program. */
#ifndef SIPXDP_LIVE_PEERS_H
#define SIPXDP_LIVE_PEERS_H

#include <linux/types.h>
#include <sys/types.h>

enum live_peer {
	PEER_NONE = 0,
	PEER_NFT,  /* DNAT of the listener's packets by a hash of where they come from */
	PEER_IPVS, /* its SIP persistence engine: each packet by its Call-ID */
	PEER_STATELESS_1,
	PEER_STATELESS_PLAIN, /* with the allocators that it has by default; the others have -x fm -X fm */
	PEER_STATELESS_2,
	PEER_STATELESS_4,
	PEER_STATEFUL_1,
	PEER_STATEFUL_2,
	PEER_STATEFUL_4,
	PEERS,
};

/* Whether the kernel has what it takes; if not, says so. */
int peer_is_there(enum live_peer peer);

/* Makes one direct packets, and no more. A Kamailio runs for its turn alone: idle ones have timers, too. */
void peer_begin(enum live_peer peer);
void peer_end(enum live_peer peer);

/* Where it listens on the listener's address. */
__u16 peer_port(enum live_peer peer);

/* Its processes, the last is 0; NULL: it has none. */
const pid_t *peer_pids(enum live_peer peer);

#endif
