// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * neigh.c - finds next hops by RTM_GETROUTE and has the kernel manage them by RTM_NEWNEIGH.
 */
#include "neigh.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf.h"
#include "netlink.h"

#define NEIGH_POLL_MS 20
#define NEIGH_RESOLVED (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

/* What is wanted: the next hop of one place. */
struct neigh_want {
	struct neigh hop;
	struct neigh at;
	const char *why; /* no next hop, static text */
	bool fresh;	 /* not managed before */
	bool resolved;
};

struct neigh_state {
	__u16 state; /* NUD_* */
	bool managed;
};

static int neigh_route_each(void *ctx, const struct nlmsghdr *answer)
{
	const struct rtattr *at[RTA_VIA + 1];
	const struct rtmsg *rtm = NLMSG_DATA(answer);
	struct neigh_want *w = ctx;

	if (answer->nlmsg_type != RTM_NEWROUTE)
		return 0;
	netlink_answer_attrs(answer, sizeof(*rtm), at, RTA_VIA);
	if (rtm->rtm_type != RTN_UNICAST || !at[RTA_OIF]) {
		w->why = "its route does not lead to another host";
		return 0;
	}
	w->hop.ifindex = netlink_u32(at[RTA_OIF]);
	w->hop.ip = w->at.ip;
	if (at[RTA_GATEWAY])
		return netlink_ip(RTA_DATA(at[RTA_GATEWAY]), RTA_PAYLOAD(at[RTA_GATEWAY]), &w->hop.ip);
	if (at[RTA_VIA]) /* struct rtvia: two octets of family, then the address */
		return netlink_ip((const char *)RTA_DATA(at[RTA_VIA]) + 2, RTA_PAYLOAD(at[RTA_VIA]) - 2, &w->hop.ip);
	return 0;
}

static void neigh_route(int fd, struct neigh_want *w)
{
	struct netlink_request r;
	struct rtmsg *rtm = netlink_begin(&r, RTM_GETROUTE, 0, sizeof(*rtm));

	rtm->rtm_family = netlink_family(&w->at.ip);
	rtm->rtm_dst_len = rtm->rtm_family == AF_INET ? 32 : 128;
	netlink_put_ip(&r, RTA_DST, &w->at.ip);
	if (netlink_talk(fd, &r, neigh_route_each, w) && !w->why)
		w->why = "there is no route to it";
}

static int neigh_state_each(void *ctx, const struct nlmsghdr *answer)
{
	const struct ndmsg *ndm = NLMSG_DATA(answer);
	const struct rtattr *at[NDA_FLAGS_EXT + 1];
	struct neigh_state *s = ctx;

	netlink_answer_attrs(answer, sizeof(*ndm), at, NDA_FLAGS_EXT);
	s->state = ndm->ndm_state;
	s->managed = at[NDA_FLAGS_EXT] && (netlink_u32(at[NDA_FLAGS_EXT]) & NTF_EXT_MANAGED);
	return 0;
}

static struct ndmsg *neigh_begin(struct netlink_request *r, int type, int flags, const struct neigh *hop)
{
	struct ndmsg *ndm = netlink_begin(r, type, flags, sizeof(*ndm));

	ndm->ndm_family = netlink_family(&hop->ip);
	ndm->ndm_ifindex = hop->ifindex;
	netlink_put_ip(r, NDA_DST, &hop->ip);
	return ndm;
}

/* Returns 0, -ENOENT where the kernel knows nothing of it, or -errno. */
static int neigh_get(int fd, const struct neigh *hop, struct neigh_state *s)
{
	struct netlink_request r;

	memset(s, 0, sizeof(*s));
	neigh_begin(&r, RTM_GETNEIGH, 0, hop);
	return netlink_talk(fd, &r, neigh_state_each, s);
}

/* NTF_USE without NTF_EXT_MANAGED takes the management back and leaves the entry. */
static int neigh_set(int fd, const struct neigh *hop, bool managed)
{
	__u32 ext = managed ? NTF_EXT_MANAGED : 0;
	struct netlink_request r;
	struct ndmsg *ndm = neigh_begin(&r, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE, hop);

	ndm->ndm_flags = managed ? 0 : NTF_USE;
	netlink_put(&r, NDA_FLAGS_EXT, &ext, sizeof(ext));
	return netlink_talk(fd, &r, NULL, NULL);
}

static int neigh_delete(int fd, const struct neigh *hop)
{
	struct netlink_request r;

	neigh_begin(&r, RTM_DELNEIGH, NLM_F_ACK, hop);
	return netlink_talk(fd, &r, NULL, NULL);
}

static bool neigh_resolved(int fd, const struct neigh *hop)
{
	struct neigh_state s;

	return !neigh_get(fd, hop, &s) && (s.state & NEIGH_RESOLVED);
}

/* An administrator's permanent entry, and what somebody else manages, is left alone. */
static int neigh_manage(int fd, int keys, struct neigh_want *w)
{
	struct neigh_state s;
	__u32 owner;
	int err;

	err = bpf_keys_get(keys, &w->hop, &owner);
	if (err && err != -ENOENT)
		return err;
	if (!err)
		owner = neigh_get(fd, &w->hop, &s) ? NEIGH_CREATED : owner;
	else
		owner = neigh_get(fd, &w->hop, &s) ? NEIGH_CREATED : NEIGH_ADOPTED;
	if ((s.state & (NUD_PERMANENT | NUD_NOARP)) || s.managed)
		return 0;
	/* recorded first: what is recorded and not there does no harm, the other way round it would stay for ever */
	err = bpf_keys_add(keys, &w->hop, owner);
	if (err)
		return err;
	w->fresh = true;
	err = neigh_set(fd, &w->hop, true);
	if (err) {
		bpf_keys_del(keys, &w->hop);
		w->why = err == -EINVAL ? "its link does not resolve addresses"
					: "the kernel refuses to manage its next hop";
	}
	return 0;
}

static int neigh_let_go(int fd, int keys, const struct neigh *hop)
{
	__u32 owner;
	int err = bpf_keys_get(keys, hop, &owner);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = owner == NEIGH_CREATED ? neigh_delete(fd, hop) : neigh_set(fd, hop, false);
	/* gone with its interface, or flushed */
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		err = 0;
	return err ? err : bpf_keys_del(keys, hop);
}

static int neigh_compare(const void *a, const void *b)
{
	return memcmp(&((const struct neigh_want *)a)->hop, &((const struct neigh_want *)b)->hop, sizeof(struct neigh));
}

/* Releases what is recorded and not wanted; want is in order. */
static int neigh_forget(int fd, int keys, const struct neigh_want *want, size_t n)
{
	struct neigh_want key = { 0 };
	struct neigh next;
	int err = 0, end = bpf_keys_next(keys, NULL, &next);

	while (!end && !err) {
		key.hop = next;
		end = bpf_keys_next(keys, &key.hop, &next);
		if (!n || !bsearch(&key, want, n, sizeof(key), neigh_compare))
			err = neigh_let_go(fd, keys, &key.hop);
	}
	return err ? err : end == -ENOENT ? 0 : end;
}

static void neigh_wait(int fd, struct neigh_want *want, size_t n, unsigned int wait_ms)
{
	struct timespec pause = { .tv_nsec = NEIGH_POLL_MS * 1000000 };
	unsigned int left = wait_ms / NEIGH_POLL_MS;
	size_t i, open;

	do {
		open = 0;
		for (i = 0; i < n; i++) {
			if (want[i].why || want[i].resolved)
				continue;
			if (i && !memcmp(&want[i].hop, &want[i - 1].hop, sizeof(want[i].hop))) {
				want[i].resolved = want[i - 1].resolved;
				want[i].fresh = want[i - 1].fresh;
			} else {
				want[i].resolved = neigh_resolved(fd, &want[i].hop);
			}
			/* what was managed before had its time */
			open += want[i].fresh && !want[i].resolved;
		}
		if (open && left)
			nanosleep(&pause, NULL);
	} while (open && left--);
}

int neigh_update(int keys, const struct neigh *place, size_t n,
		 void (*warn)(void *ctx, const struct neigh *place, const char *why), void *ctx)
{
	return neigh_update_within(keys, place, n, NEIGH_WAIT_MS, warn, ctx);
}

int neigh_update_within(int keys, const struct neigh *place, size_t n, unsigned int wait_ms,
			void (*warn)(void *ctx, const struct neigh *place, const char *why), void *ctx)
{
	struct neigh_want *want = calloc(n + 1, sizeof(*want));
	int err = 0, fd = netlink_open();
	size_t i;

	if (!want || fd < 0) {
		err = want ? fd : -ENOMEM;
		goto out;
	}
	for (i = 0; i < n; i++) {
		want[i].at = place[i];
		want[i].hop = place[i];
		if (!place[i].ifindex)
			neigh_route(fd, &want[i]);
	}
	qsort(want, n, sizeof(*want), neigh_compare);
	for (i = 0; i < n && !err; i++)
		if (!want[i].why && (!i || memcmp(&want[i].hop, &want[i - 1].hop, sizeof(want[i].hop))))
			err = neigh_manage(fd, keys, &want[i]);
	if (!err)
		neigh_wait(fd, want, n, wait_ms);
	for (i = 0; i < n && !err; i++)
		if (want[i].why || (!want[i].resolved && (wait_ms || !want[i].fresh)))
			warn(ctx, &want[i].at, want[i].why ? want[i].why : "its next hop does not answer");
	if (!err)
		err = neigh_forget(fd, keys, want, n);
out:
	if (fd >= 0)
		close(fd);
	free(want);
	return err;
}

int neigh_check_links(const struct neigh *place, size_t n,
		      void (*warn)(void *ctx, const struct neigh *place, const char *why), void *ctx)
{
	struct neigh_want want;
	int fd = netlink_open();
	size_t i;

	if (fd < 0)
		return fd;
	for (i = 0; i < n; i++) {
		want = (struct neigh_want){ .at = place[i], .hop = place[i] };
		neigh_route(fd, &want);
		if (!want.why && memcmp(&want.hop.ip, &place[i].ip, sizeof(place[i].ip)))
			warn(ctx, &place[i], "it is behind a gateway");
	}
	close(fd);
	return 0;
}

int neigh_release(int keys)
{
	int err, fd = netlink_open();

	if (fd < 0)
		return fd;
	err = neigh_forget(fd, keys, NULL, 0);
	close(fd);
	return err;
}
