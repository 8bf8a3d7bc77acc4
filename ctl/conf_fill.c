// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_fill.c - takes libconfuse's tree into struct conf.
 */
#include "conf_inner.h"

const struct conf_value *conf_value_of(cfg_t *cfg, const char *name)
{
	return cfg && cfg_size(cfg, name) ? cfg_getptr(cfg, name) : NULL;
}

static void *conf_at(void *section, size_t offset)
{
	return (char *)section + offset;
}

static void conf_fill_option(const struct conf_reader *r, cfg_t *cfg, const struct conf_option *o, void *section)
{
	unsigned int i, n = cfg_size(cfg, o->name);

	/* an empty list in the file is not the same as none */
	if (o->type->clear && cfg_getopt(cfg, o->name)->flags & CFGF_MODIFIED)
		o->type->clear(conf_at(section, o->offset));
	for (i = 0; i < n; i++)
		o->type->read(r, o, cfg_getnptr(cfg, o->name, i), conf_at(section, o->offset));
}

static void conf_fill_section(const struct conf_reader *r, cfg_t *cfg, const struct conf_option *options,
			      void *section);

static void conf_fill_many(const struct conf_reader *r, cfg_t *cfg, const struct conf_option *o, void *parent)
{
	struct conf_place at;
	unsigned int i;
	cfg_t *sub;
	void *one;

	for (i = 0; i < cfg_size(cfg, o->name); i++) {
		sub = cfg_getnsec(cfg, o->name, i);
		at = conf_scan_title(r->scan, o);
		one = o->many->add(r, parent, &at, cfg_title(sub));
		if (!one)
			continue;
		conf_fill_section(r, sub, o->sub, one);
		o->check(r, sub, &at, one);
	}
}

static void conf_fill_part(const struct conf_reader *r, cfg_t *cfg, const struct conf_option *o, void *section)
{
	static const struct conf_place nowhere;
	cfg_t *sub = cfg_size(cfg, o->name) ? cfg_getsec(cfg, o->name) : NULL;

	if (!sub)
		return;
	conf_fill_section(r, sub, o->sub, conf_at(section, o->offset));
	if (o->check)
		o->check(r, sub, &nowhere, conf_at(section, o->offset));
}

/* Sections with titles come last: they begin with what the others say. */
static void conf_fill_section(const struct conf_reader *r, cfg_t *cfg, const struct conf_option *options, void *section)
{
	const struct conf_option *o;

	for (o = options; o->name; o++)
		if (o->type)
			conf_fill_option(r, cfg, o, section);
	for (o = options; o->name; o++)
		if (o->sub && !o->many)
			conf_fill_part(r, cfg, o, section);
	for (o = options; o->name; o++)
		if (o->many)
			conf_fill_many(r, cfg, o, section);
}

void conf_fill(const struct conf_reader *r, cfg_t *cfg)
{
	conf_fill_section(r, cfg, conf_root, r->conf);
}
