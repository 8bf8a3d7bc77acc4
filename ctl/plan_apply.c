// SPDX-License-Identifier: GPL-2.0-or-later
/* plan_apply.c - see plan_apply.h. */
#include <errno.h>
#include <string.h>

#include "plan_apply.h"

/* Where the output goes, and how much of it there is. */
struct plan_out {
	unsigned char *data;
	size_t len;
	size_t cap;
};

static int plan_put(struct plan_out *out, const unsigned char *data, size_t len)
{
	if (len > out->cap - out->len)
		return -ENOSPC;
	memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

static int plan_text(struct plan_out *out, const struct sip_plan *plan, size_t off, size_t len)
{
	if (off + len > SIP_PLAN_TEXT)
		return -EINVAL;
	return plan_put(out, plan->text + off, len);
}

ssize_t plan_apply(const struct sip_plan *plan, const unsigned char *in, size_t len, unsigned char *out, size_t cap)
{
	struct plan_out to = { .data = out, .cap = cap };
	const struct sip_edit *edit;
	size_t off = 0;
	int i, rc;

	if (plan->too_many || plan->end > len)
		return -EINVAL;
	for (i = 0; i < plan->edits; i++) {
		edit = &plan->edit[i];
		if (edit->at < off || edit->at + edit->cut > plan->end)
			return -EINVAL;
		rc = plan_put(&to, in + off, edit->at - off);
		if (!rc)
			rc = plan_text(&to, plan, edit->text, edit->len);
		if (rc)
			return rc;
		off = edit->at + edit->cut;
	}
	rc = plan_put(&to, in + off, plan->end - off);
	return rc ? rc : (ssize_t)to.len;
}

ssize_t plan_apply_reply(const struct sip_reply *reply, const struct sip_plan *plan, const unsigned char *in,
			 size_t len, unsigned char *out, size_t cap)
{
	struct plan_out to = { .data = out, .cap = cap };
	const struct sip_piece *piece;
	int i, rc;

	if (reply->too_many || plan->too_many)
		return -EINVAL;
	for (i = 0; i < reply->pieces; i++) {
		piece = &reply->piece[i];
		if (piece->is_text)
			rc = plan_text(&to, plan, piece->off, piece->len);
		else if (piece->off + piece->len > len)
			rc = -EINVAL;
		else
			rc = plan_put(&to, in + piece->off, piece->len);
		if (rc)
			return rc;
	}
	return (ssize_t)to.len;
}
