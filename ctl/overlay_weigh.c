// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay_weigh.c - changes the weight within the text of attributes, which whoever else reads them gets as a whole.
 */
#include "overlay_inner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where one attribute ends: attrs_parse() has refused text behind a closing quote. */
static const char *overlay_item_end(const char *item)
{
	const char *p = item + strcspn(item, "=;,"), *close;

	if (*p != '=')
		return p;
	p++;
	close = *p == '"' || *p == '\'' ? strchr(p + 1, *p) : NULL;
	return close ? close + 1 : p + strcspn(p, ";,");
}

char *overlay_weigh(const char *text, int weight)
{
	const char *from = text ? text : "", *item = from, *end = from, *gap;
	char *weighed;

	while (*item && *item != ',') {
		end = overlay_item_end(item);
		if (strcspn(item, "=;,") == strlen("weight") && !strncasecmp(item, "weight", strlen("weight")))
			break;
		item = *end == ';' ? end + 1 : end;
	}
	if (!*item || *item == ',')
		end = item;
	gap = item > from && item[-1] != ';' ? ";" : "";
	if (asprintf(&weighed, "%.*s%sweight=%d%s", (int)(item - from), from, gap, weight, end) < 0)
		return NULL;
	return weighed;
}
