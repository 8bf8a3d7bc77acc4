// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns_names.c - finds the names in a list by a resolver that notes what it is asked for.
 */
#include "dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

struct dns_notes {
	char **name;
	size_t n;
	size_t room;
};

/* resolve_dests() asks for each name once. */
static int dns_note(void *ctx, const char *name, struct resolve_answer *answer)
{
	struct dns_notes *notes = ctx;
	size_t room = notes->room ? 2 * notes->room : 16;
	char **bigger = notes->name;

	answer->why = "not looked up yet";
	if (notes->n == notes->room) {
		bigger = realloc(notes->name, room * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		notes->room = room;
	}
	notes->name = bigger;
	bigger[notes->n] = strdup(name);
	if (!bigger[notes->n])
		return -ENOMEM;
	notes->n++;
	return -ENOENT;
}

int dns_names(const char *path, char ***name, size_t *n)
{
	struct dns_notes notes = { 0 };
	const struct resolver r = { .lookup = dns_note, .ctx = &notes };
	struct diag_list d;
	struct model *m;
	int err;

	diag_init(&d, path);
	err = source_file_load(path, &r, &m, &d);
	model_free(m);
	diag_free(&d);
	if (err == -EINVAL || err == -ENODATA)
		err = 0;
	if (err) {
		dns_names_free(notes.name, notes.n);
		notes = (struct dns_notes){ 0 };
	}
	*name = notes.name;
	*n = notes.n;
	return err;
}

void dns_names_free(char **name, size_t n)
{
	while (n)
		free(name[--n]);
	free(name);
}
