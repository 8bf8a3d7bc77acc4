/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * methods_scene.h - a running dispatcher that only writes down what it is asked, and the lines to and from it. Includes
 * the definitions of live.h's functions, so that the real ones are not linked.
 */
#ifndef SIPXDP_TEST_METHODS_SCENE_H
#define SIPXDP_TEST_METHODS_SCENE_H

#include "test.h"

#include <jansson.h>

#include "control.h"
#include "exit.h"
#include "methods.h"
#include "output.h"

/* What live.h's functions saw, and what they are to say. */
struct live {
	char log[1024];
	int code; /* of changes */
	const char *message;
	const char *result; /* JSON of changes */
	const char *list;   /* JSON of its destinations */
	int looks;	    /* at the list */
	int looks_max;	    /* after so many it is empty, 0: never */
	int pings;
	bool ping_active;
	bool later; /* changes are answered by scene_finish() */
	live_done done;
	void *ctx;
};

struct scene {
	struct live live;
	struct methods m;
	char *answer; /* of the last line, NULL: none */
};

__attribute__((format(printf, 2, 3))) static inline void scene_log(struct live *l, const char *fmt, ...)
{
	size_t len = strlen(l->log);
	va_list args;

	va_start(args, fmt);
	vsnprintf(l->log + len, sizeof(l->log) - len, fmt, args);
	va_end(args);
	len = strlen(l->log);
	snprintf(l->log + len, sizeof(l->log) - len, ";");
}

static inline void scene_finish(struct live *l)
{
	json_t *result = l->result ? json_loads(l->result, 0, NULL) : NULL;

	l->done(l->ctx, l->code, l->message, result);
	json_decref(result);
}

static inline void scene_change(struct live *l, const struct live_options *o, live_done done, void *ctx)
{
	scene_log(l, "%s%s%s", o->dry_run ? " dry" : "", o->force ? " force" : "", o->reset_state ? " reset" : "");
	l->done = done;
	l->ctx = ctx;
	if (!l->later)
		scene_finish(l);
}

void live_reload(struct live *l, const struct live_options *o, live_done done, void *ctx)
{
	scene_log(l, "reload");
	scene_change(l, o, done, ctx);
}

void live_add(struct live *l, int set, const char *uri, unsigned int flags, int priority, const char *attrs,
	      const struct live_options *o, live_done done, void *ctx)
{
	scene_log(l, "add %d %s %u %d '%s'", set, uri, flags, priority, attrs);
	scene_change(l, o, done, ctx);
}

void live_remove(struct live *l, const char *text, const struct live_options *o, live_done done, void *ctx)
{
	scene_log(l, "remove %s", text);
	scene_change(l, o, done, ctx);
}

void live_modify(struct live *l, const char *text, const struct overlay_entry *e, const struct live_options *o,
		 live_done done, void *ctx)
{
	scene_log(l, "modify %s has=%u weight=%d priority=%d flags=%u attrs='%s'", text, e->has, e->weight, e->priority,
		  e->flags, e->attrs);
	scene_change(l, o, done, ctx);
}

void live_set_admin(struct live *l, const char *text, enum ds_admin admin, const struct live_options *o, live_done done,
		    void *ctx)
{
	scene_log(l, "admin %s %s", text, health_admin_name(admin));
	scene_change(l, o, done, ctx);
}

void live_set_health(struct live *l, const char *text, enum ds_health health, int probing, const struct live_options *o,
		     live_done done, void *ctx)
{
	scene_log(l, "health %s %s %d", text, health_name(health), probing);
	scene_change(l, o, done, ctx);
}

int live_ping_now(struct live *l, const char *text, const char **why)
{
	scene_log(l, "ping %s", text);
	*why = "nothing matches";
	return l->pings;
}

void live_ping_active(struct live *l, bool active)
{
	l->ping_active = active;
}

bool live_is_ping_active(const struct live *l)
{
	return l->ping_active;
}

struct json_t *live_list(struct live *l, const char *text)
{
	json_t *list = json_pack("{s:o}", "destinations", json_loads(l->list, 0, NULL));

	scene_log(l, "list %s", text ? text : "-");
	if (++l->looks == l->looks_max)
		l->list = "[]";
	return list;
}

struct json_t *live_stats(struct live *l, bool all)
{
	scene_log(l, "stats %d", all);
	return json_pack("{s:i}", "stats", 1);
}

struct json_t *live_config(struct live *l)
{
	scene_log(l, "config");
	return json_pack("{s:s, s:s}", "path", "x", "text", "y");
}

struct json_t *live_version(struct live *l)
{
	scene_log(l, "version");
	return json_pack("{s:s}", "version", "1");
}

struct json_t *live_history(struct live *l, __u64 since)
{
	scene_log(l, "history %llu", since);
	return json_pack("[{s:i, s:i, s:s}]", "seq", 7, "time", 0, "text", "seven");
}

__u64 live_newest(const struct live *l)
{
	(void)l;
	return 7;
}

#ifndef SCENE_CONTROL /* who has a real one brings it along */
void control_watch(struct control *c, struct rpc_call *call)
{
	(void)call;
	/* the scene hands its live over as control */
	scene_log((struct live *)c, "watch");
}
#endif

static inline void scene_answer(void *peer, const char *text, size_t len)
{
	struct scene *s = peer;

	free(s->answer);
	s->answer = strndup(text, len);
}

static inline void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->live.message = "refused";
	s->live.list = "[]";
	s->m.live = &s->live;
	s->m.control = (struct control *)&s->live;
}

static inline void scene_end(struct scene *s)
{
	rpc_drop(s);
	free(s->answer);
}

/* One request, params as JSON or NULL. */
static inline void scene_ask(struct scene *s, const char *method, const char *params)
{
	const struct rpc_table table = { .method = methods, .n = methods_count, .ctx = &s->m };
	char line[2048];

	snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"%s%s}", method,
		 params ? ",\"params\":" : "", params ? params : "");
	rpc_line(&table, line, strlen(line), scene_answer, s);
}

/* The member of the last answer called result or error, to be freed; NULL: there is none. */
static inline json_t *scene_get(const struct scene *s, const char *key)
{
	json_t *answer = s->answer ? json_loads(s->answer, 0, NULL) : NULL, *got;

	got = json_incref(json_object_get(answer, key));
	json_decref(answer);
	return got;
}

/* The result is this JSON. */
static inline void scene_check_result(const struct scene *s, const char *want_text)
{
	json_t *got = scene_get(s, "result"), *want = json_loads(want_text, JSON_DECODE_ANY, NULL);
	bool same = json_equal(got, want);

	if (!same)
		print_error("answer: %s\nwant result: %s\n", s->answer ? s->answer : "none", want_text);
	json_decref(got);
	json_decref(want);
	check_true("result", same);
}

/* It is an error of this code that says this. */
static inline void scene_check_error(const struct scene *s, int code, const char *says)
{
	json_t *error = scene_get(s, "error");
	bool same = error && json_integer_value(json_object_get(error, "code")) == code &&
		    strstr(json_string_value(json_object_get(error, "message")), says);

	if (!same)
		print_error("answer: %s\nwant error %d: %s\n", s->answer ? s->answer : "none", code, says);
	json_decref(error);
	check_true("error", same);
}

#endif
