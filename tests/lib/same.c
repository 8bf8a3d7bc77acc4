// SPDX-License-Identifier: GPL-2.0-or-later
/* See same.h. */
#include "same.h"

#include "test.h"

#include <ftw.h>
#include <time.h>

#include "conf.h"
#include "guard.h"
#include "live.h"
#include "route_kernel.h"
#include "source.h"
#include "uri.h"

/* Longer ones may be beyond what the kernel's programs rewrite, shorter ones may not. */
#define SAME_SHORT 1300

static const char *const verdicts[] = {
#define X(name, help) #name,
	VERDICT_LIST(X)
#undef X
};

static const char *const reasons[] = {
#define X(name, code, help) #name,
	REASON_LIST(X)
#undef X
};

static struct conf *same_conf(const char *text)
{
	struct conf *conf = NULL;
	struct diag_list d;

	diag_init(&d, "routes");
	if (conf_parse("/routes", text, strlen(text), &conf, &d))
		diag_print(&d, stderr, 0);
	diag_free(&d);
	assert_non_null(conf);
	return conf;
}

static struct model *same_model(const char *list)
{
	static const struct resolver nobody;
	struct model *m = NULL;
	struct diag_list d;

	diag_init(&d, "list");
	assert_int_equal(source_file_parse(list, strlen(list), &nobody, &m, &d), 0);
	diag_free(&d);
	return m;
}

static void same_tables(struct route_tables *t, const char *list, const struct conf *conf, bool in_kernel)
{
	static const __u64 key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	struct routes *routes = calloc(1, sizeof(*routes));
	struct record *r = calloc(1, sizeof(*r));
	struct model *m = same_model(list);
	char why[256];
	int err;

	assert_true(routes && r);
	live_enter_record(r, conf, routes);
	err = route_tables_make_routed(t, m, r, routes, key, in_kernel, why, sizeof(why));
	if (err)
		print_error("%s: %s\n%s\n", why, strerror(-err), bpf_log());
	assert_int_equal(err, 0);
	model_free(m);
	free(routes);
	free(r);
}

void same_side_make(struct same_side *s, const char *name, const char *list, const char *text)
{
	struct conf *conf = same_conf(text);

	s->name = name;
	same_tables(&s->kernel, list, conf, true);
	same_tables(&s->user, list, conf, false);
	route_tables_env(&s->user, &s->env);
	conf_free(conf);
}

void same_side_free(struct same_side *s)
{
	route_tables_free(&s->kernel);
	route_tables_free(&s->user);
}

/* Whether the kernel may leave to the slow path what user space decides: long messages, and longer replies. */
static int same_is_beyond(const struct route_run *r, const struct decision *d, size_t len)
{
	if (r->verdict != VERDICT_slow)
		return 0;
	if (r->reason == REASON_slow_too_long)
		return 1;
	if (r->reason == REASON_slow_reply && d->out_len > len)
		return 1;
	return len > SAME_SHORT && (r->reason == REASON_slow_length || r->reason == REASON_slow_plan ||
				    r->reason == REASON_slow_reply || r->reason == REASON_slow_head_room);
}

/* What arrives must verify: ones' complement sum of pseudo header and datagram. */
static int same_sum_is_good(const struct route_run *r, int is_ip6)
{
	const unsigned char *udp = r->out - 8, *addresses = udp - (is_ip6 ? 32 : 8), *end = r->frame + r->frame_len, *p;
	__u64 s = 17 + (end - udp);

	for (p = addresses; p < end; p++)
		s += (p - addresses) & 1 ? *p : (__u32)*p << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s == 0xffff;
}

static int same_differs(const struct decision *d, const struct route_run *r, int is_ip6)
{
	if (d->verdict != r->verdict || d->reason != r->reason || d->out_len != r->out_len)
		return 1;
	if (!d->out_len)
		return 0;
	return !sip_same_place(&d->to, &r->to) || memcmp(d->out, r->out, r->out_len) != 0 ||
	       !same_sum_is_good(r, is_ip6);
}

static void same_complain(const struct same_side *s, const struct decision *d, const struct route_run *r,
			  const unsigned char *data, size_t len)
{
	char text[2][URI_ENDPOINT_SIZE];
	size_t i;

	print_error("routes \"%s\", user space by route %d\n", s->name, d->route);
	print_error("kernel: verdict %s reason %s to %s, %zu octets\n", verdicts[r->verdict], reasons[r->reason],
		    uri_endpoint_text(&r->to, text[0]), r->out_len);
	print_error("user:   verdict %s reason %s to %s, %zu octets\n", verdicts[d->verdict], reasons[d->reason],
		    uri_endpoint_text(&d->to, text[1]), d->out_len);
	print_error("the message, as printf(1) takes it:\n");
	for (i = 0; i < len; i++)
		print_error(data[i] >= 0x20 && data[i] < 0x7f && data[i] != '\\' && data[i] != '%' ? "%c" : "\\%03o",
			    data[i]);
	print_error("\n");
	if (r->out && d->out_len)
		check_mem("octets (got: kernel, want: user)", r->out, r->out_len, d->out, d->out_len);
	fail();
}

static __u32 same_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return ((__u64)now.tv_sec * 1000000000 + now.tv_nsec) >> DS_TICK_SHIFT;
}

const struct decision *same_side_run(struct same_side *s, const struct ds_endpoint *src, const unsigned char *data,
				     size_t len, size_t *beyond)
{
	static struct decision d;
	static struct guard guard;
	struct route_run r;

	s->env.now = same_now();
	guard_copy(&guard, data, len);
	decide(&s->env, src, guard.data, len, &d);
	guard_free(&guard);
	assert_int_equal(route_kernel_run(&s->kernel.inst, 0, src, data, len, &r), 0);
	if (same_is_beyond(&r, &d, len)) {
		/* what one side alone decided counts for the next pick: go on from what the kernel has */
		memcpy(s->env.rr, s->kernel.inst.listeners[0].rr, sizeof(s->kernel.inst.listeners[0].rr));
		memcpy(s->env.calls, s->kernel.inst.calls, ((size_t)s->env.calls_mask + 1) * sizeof(*s->env.calls));
		++*beyond;
	} else if (same_differs(&d, &r, s->user.inst.listeners[0].is_ip6)) {
		same_complain(s, &d, &r, data, len);
	}
	return &d;
}

void same_messages_add(struct mutate_messages *to, const void *data, size_t len)
{
	to->m = realloc(to->m, (to->n + 1) * sizeof(*to->m));
	assert_non_null(to->m);
	to->m[to->n].data = malloc(len + 1);
	assert_non_null(to->m[to->n].data);
	memcpy(to->m[to->n].data, data, len);
	to->m[to->n++].len = len;
}

void same_messages_free(struct mutate_messages *list)
{
	while (list->n)
		free(list->m[--list->n].data);
	free(list->m);
	list->m = NULL;
}

/* Of nftw(), which has no argument to hand on. */
static struct mutate_messages *reading;

static int same_read(const char *path, const struct stat *st, int type, struct FTW *where)
{
	static const char *const other[] = { ".tsv", ".md", ".pcap" };
	const char *dot = strrchr(path, '.');
	unsigned char *data;
	size_t len = 0, i;

	(void)where;
	for (i = 0; dot && i < TEST_COUNT(other); i++)
		if (!strcmp(dot, other[i]))
			return 0;
	if (type != FTW_F || !st->st_size || st->st_size > DECIDE_PAYLOAD_MAX)
		return 0;
	data = test_read_file(path, &len);
	assert_non_null(data);
	same_messages_add(reading, data, len);
	free(data);
	return 0;
}

void same_messages_corpus(struct mutate_messages *to, const char *top)
{
	reading = to;
	assert_int_equal(nftw(top, same_read, 16, FTW_PHYS), 0);
}
