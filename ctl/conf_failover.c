// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_failover.c - when a request of a listener goes on to the next destination (DESIGN.md section 7).
 */
#include "conf_inner.h"

#include <string.h>

static void conf_failover_code(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			       struct ds_failover *f)
{
	const char *text = v->text;
	__u16 code = 0;
	size_t i;

	if (strlen(text) == 3 && strspn(text, "0123456789") == 3)
		code = (__u16)((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
	if (code < 400 || code > 699) {
		conf_say(r, &v->at, "%s '%.60s', expected codes from 400 to 699 and timeout", o->name, text);
		return;
	}
	for (i = 0; i < DS_FAILOVER_CODES && f->code[i] && f->code[i] != code; i++)
		;
	if (i == DS_FAILOVER_CODES)
		conf_say(r, &v->at, "%s with one code too many, expected at most %d", o->name, DS_FAILOVER_CODES);
	else
		f->code[i] = code;
}

static void conf_failover_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			       void *field)
{
	struct conf_listener *l = field;

	if (!strcmp(v->text, "timeout"))
		l->failover.timeout = 1;
	else
		conf_failover_code(r, o, v, &l->failover);
}

static void conf_failover_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct ds_failover *f = &((const struct conf_listener *)field)->failover;
	const char *before = "";
	size_t i;

	(void)o;
	fputc('{', out);
	for (i = 0; i < DS_FAILOVER_CODES && f->code[i]; i++) {
		fprintf(out, "%s\"%u\"", before, f->code[i]);
		before = ", ";
	}
	if (f->timeout)
		fprintf(out, "%s\"timeout\"", before);
	fputc('}', out);
}

static void conf_failover_clear(void *section)
{
	struct ds_failover *f = &((struct conf_listener *)section)->failover;

	memset(f->code, 0, sizeof(f->code));
	f->timeout = 0;
}

const struct conf_type conf_failover = { true, conf_failover_read, conf_failover_print, conf_failover_clear };

static bool conf_has_failover(const struct conf_listener *l)
{
	return l->failover.code[0] || l->failover.timeout;
}

void conf_check_failover(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
			 const struct conf_listener *l)
{
	const struct conf_value *v = conf_value_of(cfg, "failover");
	const struct conf_place *place = v ? &v->at : at;

	if (!conf_has_failover(l))
		return;
	if (l->mode != DS_MODE_PROXY)
		conf_say(r, place, "failover in another mode than proxy, expected mode = proxy");
	else if (l->affinity != DS_AFFINITY_CALLS)
		conf_say(
			r, place,
			"failover without the table of calls, by which a call stays where it went, expected affinity = calls");
}

struct ds_failover conf_failover_of(const struct conf_listener *l)
{
	struct ds_failover f = l->failover;

	if (!conf_has_failover(l))
		return (struct ds_failover){ .tries = 0 };
	f.tries = (__u8)l->failover_tries;
	return f;
}
