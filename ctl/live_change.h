/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_change.h - one change of the running dispatcher on its way. Shared by live_change.c, live_edit.c and live_ask.c.
 */
#ifndef SIPXDP_CTL_LIVE_CHANGE_H
#define SIPXDP_CTL_LIVE_CHANGE_H

#include "live_inner.h"

enum live_change_kind {
	LIVE_RELOAD,
	LIVE_ADD,
	LIVE_REMOVE,
	LIVE_MODIFY,
	LIVE_ADMIN,
	LIVE_HEALTH,
};

struct live_change {
	struct live_change *next;
	struct live *live;
	enum live_change_kind kind;
	struct live_options options;
	live_done done;
	void *ctx;
	char *text;		     /* whom it means */
	struct overlay_entry change; /* its texts are ours */
	enum ds_health health;
	int probing;
	struct conf *conf;    /* to take over; once it is taken, the one before; NULL: none */
	struct record record; /* as it was, where conf is swapped */
	bool swapped;
	/* while it is worked on */
	struct overlay overlay;
	char *list;
	size_t list_len;
	char **name; /* to look up */
	size_t n_names;
	struct diag_list diag;
};

/* Queues a change and begins it if it is the only one; NULL is one for which there was no memory: answered at once. */
void live_change_queue(struct live *l, struct live_change *c, live_done done, void *ctx);

void live_change_free(struct live_change *c);

/* Enters what the change wants into its copy of the overlays. Returns an exit code after saying why. */
int live_change_overlay(struct live_change *c);

#endif
