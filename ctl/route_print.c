// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * route_print.c - see route_print.h.
 */
#include "route_print.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "diag.h"
#include "output.h"
#include "route_show.h"
#include "uri.h"

static const char *const route_verdicts[] = {
#define X(name, help) #name,
	VERDICT_LIST(X)
#undef X
};

static const char *const route_reasons[] = {
#define X(name, code, help) #name,
	REASON_LIST(X)
#undef X
};

static const char *route_kind(const struct route_result *r)
{
	if (r->reason == REASON_keepalive || r->reason == REASON_stun || r->reason == REASON_not_sip)
		return "other";
	if (r->msg->kind == SIP_KIND_REQUEST)
		return "request";
	return r->msg->kind == SIP_KIND_RESPONSE ? "response" : "other";
}

/* A span of the message as printable text, to be freed; NULL where it is empty or there is no memory. */
static char *route_text(const struct route_result *r, struct sip_span s)
{
	char *raw = s.len ? malloc(s.len + 1u) : NULL, *text;

	if (!raw)
		return NULL;
	memcpy(raw, r->payload + s.off, s.len);
	raw[s.len] = 0;
	text = diag_printable(raw);
	free(raw);
	return text;
}

static int route_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The method that CSeq names: the last word of its row. */
static struct sip_span route_cseq_method(const struct route_result *r)
{
	const struct sip_row *row = &r->msg->row[r->msg->first[SIP_HDR_CSEQ]];
	__u32 end = row->end, at;

	if (!(r->msg->seen & (1u << SIP_HDR_CSEQ)))
		return (struct sip_span){ 0, 0 };
	while (end > row->value && route_is_blank(r->payload[end - 1]))
		end--;
	for (at = end; at > row->value && !route_is_blank(r->payload[at - 1]); at--)
		;
	return (struct sip_span){ at, end - at };
}

/* The method of a request, or the one that a response answers; NULL where there is none. */
static char *route_method(const struct route_result *r)
{
	const char *kind = route_kind(r);

	if (!strcmp(kind, "other"))
		return NULL;
	return route_text(r, !strcmp(kind, "request") ? r->msg->method_name : route_cseq_method(r));
}

static int route_has_place(const struct route_result *r)
{
	return r->verdict == VERDICT_forward && r->to.port_be;
}

int route_print_text(const struct route_result *r)
{
	char *file = diag_printable(r->file), *method = route_method(r), *key = route_text(r, r->msg->call_id);
	char place[URI_ENDPOINT_SIZE];

	printf("%s: %s %s", file ? file : "?", route_verdicts[r->verdict], route_reasons[r->reason]);
	if (r->code)
		printf(" %u", r->code);
	if (method)
		printf(", %s %s", route_kind(r), method);
	if (r->msg->status)
		printf(" %u", r->msg->status);
	if (r->route) {
		printf(", route ");
		route_show_print(r->route);
	}
	if (route_has_place(r))
		printf(", to %s", uri_endpoint_text(&r->to, place));
	if (r->id)
		printf(" id %016llx", (unsigned long long)r->id);
	if (*r->hash_key)
		printf(", key %s", r->hash_key);
	else if (key)
		printf(", key %s", key);
	if (r->out_len)
		printf(", %zu octets", r->out_len);
	if (r->out_file)
		printf(" in %s", r->out_file);
	free(file);
	free(method);
	free(key);
	return putchar('\n') == EOF ? -EIO : 0;
}

static json_t *route_json_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *route_json_number(unsigned int n)
{
	return n ? json_integer(n) : json_null();
}

int route_print_json(const struct route_result *r)
{
	char *file = diag_printable(r->file), *method = route_method(r), *key = route_text(r, r->msg->call_id);
	char place[URI_ENDPOINT_SIZE], id[24];
	json_t *json;

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)r->id);
	json = json_pack("{s:o, s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:I}", "file", route_json_text(file),
			 "kind", route_kind(r), "method", route_json_text(method), "status",
			 route_json_number(r->msg->status), "verdict", route_verdicts[r->verdict], "reason",
			 route_reasons[r->reason], "code", route_json_number(r->code), "key", route_json_text(key),
			 "hash_key", *r->hash_key ? r->hash_key : "call-id", "destination",
			 route_json_text(route_has_place(r) ? uri_endpoint_text(&r->to, place) : NULL), "id",
			 route_json_text(r->id ? id : NULL), "out_bytes", (json_int_t)r->out_len);
	if (json)
		json_object_set_new(json, "route", r->route ? json_incref(r->route) : json_null());
	if (json && r->out_file)
		json_object_set_new(json, "out_file", json_string(r->out_file));
	free(file);
	free(method);
	free(key);
	return output_json(json);
}

int route_print_error(const char *file, const char *why, bool json)
{
	char *name = diag_printable(file);
	int err = 0;

	if (json)
		err = output_json(json_pack("{s:o, s:s}", "file", route_json_text(name), "error", why));
	else
		output_error("%s: %s", name ? name : "?", why);
	free(name);
	return err;
}

static int route_emit_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Takes a name that no other message of this run has: BASE.out, BASE.2.out, BASE.3.out ... */
static int route_emit_name(struct route_emit *e, const char *base)
{
	unsigned int n;
	char *name;
	void *node;
	int len;

	for (n = 1;; n++) {
		if (n == 1)
			len = asprintf(&name, "%s.out", base);
		else
			len = asprintf(&name, "%s.%u.out", base, n);
		if (len < 0)
			return -ENOMEM;
		node = tsearch(name, &e->names, route_emit_compare);
		if (node && *(char **)node == name)
			break;
		free(name);
		if (!node)
			return -ENOMEM;
	}
	if (snprintf(e->path, sizeof(e->path), "%s/%s", e->dir, name) >= (int)sizeof(e->path))
		return -ENAMETOOLONG;
	return 0;
}

int route_emit(struct route_emit *e, struct route_result *r)
{
	const char *slash = strrchr(r->file, '/');
	const char *base = slash ? slash + 1 : strcmp(r->file, "-") ? r->file : "stdin";
	int fd, err = route_emit_name(e, base);

	if (err)
		return err;
	fd = open(e->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	if (write(fd, r->out, r->out_len) != (ssize_t)r->out_len)
		err = -EIO;
	if (close(fd) && !err)
		err = -errno;
	if (!err)
		r->out_file = e->path;
	return err;
}

void route_emit_free(struct route_emit *e)
{
	tdestroy(e->names, free);
	e->names = NULL;
}
