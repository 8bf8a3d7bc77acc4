// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_next.c - the sets that a route goes on to where those before have nobody left, as Kamailio's ds_select_routes() has
 * them: pairs of a set and an algorithm, in order.
 */
#include "conf_inner.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"

/* Field is the route; "SET" or "SET ALGORITHM". */
static void conf_next_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	size_t digits = strspn(v->text, "0123456789"), blanks = strspn(v->text + digits, " \t");
	unsigned long id = digits && digits < 11 ? strtoul(v->text, NULL, 10) : ULONG_MAX;
	const char *rest = v->text + digits + blanks;
	struct conf_route *route = field;
	struct conf_next one = { .algorithm = DS_ALGORITHM_CALL_ID };

	if (id > INT_MAX || (*rest && !blanks) || (*rest && algorithm_find(rest, &one.algorithm))) {
		conf_say(r, &v->at, "%s '%.60s', expected \"SET\" or \"SET ALGORITHM\", such as \"2 round-robin\"",
			 o->name, v->text);
		return;
	}
	if (route->n_next == DS_ROUTE_NEXT) {
		conf_say(r, &v->at, "one %s too many, expected at most %d", o->name, DS_ROUTE_NEXT);
		return;
	}
	one.set = (int)id;
	route->next[route->n_next++] = one;
}

static void conf_next_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct conf_route *route = field;
	size_t i;

	(void)o;
	fputc('{', out);
	for (i = 0; i < route->n_next; i++)
		fprintf(out, "%s\"%d %s\"", i ? ", " : "", route->next[i].set,
			algorithm_name(route->next[i].algorithm));
	fputc('}', out);
}

static void conf_next_clear(void *section)
{
	((struct conf_route *)section)->n_next = 0;
}

const struct conf_type conf_nexts = { true, conf_next_read, conf_next_print, conf_next_clear };

void conf_check_next(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
		     const struct conf_route *route)
{
	const struct conf_place place = conf_place_of(cfg, "next", "set", at);
	size_t i, j;

	for (i = 0; i < route->n_next; i++) {
		if (route->next[i].algorithm == DS_ALGORITHM_KEY)
			conf_say(r, &place,
				 "next with the algorithm key, expected that as algorithm of the route only");
		if (route->next[i].set == route->set)
			conf_say(r, &place, "next with set %d, expected others than the route's own", route->set);
		for (j = 0; j < i; j++)
			if (route->next[i].set == route->next[j].set)
				conf_say(r, &place, "next with set %d twice, expected it once", route->next[i].set);
	}
}
