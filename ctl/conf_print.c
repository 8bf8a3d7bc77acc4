// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_print.c - struct conf as text again, by the tables that it was read by.
 */
#include "conf_inner.h"

#define CONF_TITLE_MAX 128

static void conf_print_indent(unsigned int depth, FILE *out)
{
	for (; depth; depth--)
		fputc('\t', out);
}

static void conf_print_body(const struct conf_option *options, const void *section, unsigned int depth, FILE *out);

/* title NULL: a section that has none. */
static void conf_print_section(const struct conf_option *o, const char *title, const void *section, unsigned int depth,
			       FILE *out)
{
	conf_print_indent(depth, out);
	fputs(o->name, out);
	if (title) {
		fputc(' ', out);
		conf_quote(title, out);
	}
	fputs(" {\n", out);
	conf_print_body(o->sub, section, depth + 1, out);
	conf_print_indent(depth, out);
	fputs("}\n", out);
}

static void conf_print_many(const struct conf_option *o, const void *parent, unsigned int depth, FILE *out)
{
	char title[CONF_TITLE_MAX];
	const void *one;
	size_t i;

	for (i = 0; (one = o->many->get(parent, i)); i++) {
		o->many->title(one, title, sizeof(title));
		conf_print_section(o, title, one, depth, out);
	}
}

static void conf_print_body(const struct conf_option *options, const void *section, unsigned int depth, FILE *out)
{
	const struct conf_option *o;
	const void *field;

	for (o = options; o->name; o++) {
		field = (const char *)section + o->offset;
		if (o->many) {
			conf_print_many(o, section, depth, out);
		} else if (o->sub) {
			conf_print_section(o, NULL, field, depth, out);
		} else {
			conf_print_indent(depth, out);
			fprintf(out, "%s = ", o->name);
			o->type->print(o, field, out);
			fputc('\n', out);
		}
	}
}

void conf_print(const struct conf *c, FILE *out)
{
	conf_print_body(conf_root, c, 0, out);
}
