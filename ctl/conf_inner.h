/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_inner.h - what the files of the configuration share. One table per section (conf_grammar.c) says which options
 * there are, and everything goes by it:
 *
 *   conf_scan.c   where each word stands, what is no option or there twice, what is no sound text
 *   conf_parse.c  libconfuse, which is told of the options and makes the tree of values
 *   conf_fill.c   the tree to struct conf, by the tables; conf_type.c, conf_sip.c and conf_net.c read and print one value
 *   conf_check.c  what is wrong with values that are right each by itself
 *   conf_print.c  struct conf to text, by the tables
 *
 * libconfuse alone would stop at the first error, know no column, count the lines of some comments twice, and put words of
 * the reader's environment in place of ${NAME}.
 */
#ifndef SIPXDP_CTL_CONF_INNER_H
#define SIPXDP_CTL_CONF_INNER_H

#include <confuse.h>

#include "conf.h"

/* In one section. */
#define CONF_OPTIONS_MAX 24

struct conf_place {
	unsigned int line;
	unsigned int column;
};

/* One value of the file, as libconfuse keeps it. */
struct conf_value {
	struct conf_place at;
	char text[];
};

struct conf_option;
struct conf_many;

struct conf_reader {
	struct conf *conf;
	struct diag_list *d;
	char dir[PATH_MAX]; /* what relative paths are relative to; ends in '/' */
	struct conf_scan *scan;
};

/* A kind of value. */
struct conf_type {
	bool is_list;
	/* Takes one value into the field, or into the section where it is a list; says in r->d what is wrong. */
	void (*read)(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v, void *field);
	void (*print)(const struct conf_option *o, const void *field, FILE *out);
	void (*clear)(void *section); /* of a list: before its first value */
};

struct conf_words {
	const char *(*name)(int value); /* NULL: there is none of that value */
	int last;
	bool numbers;	  /* the value as a number does as well */
	const char *hint; /* how they are listed for who wrote another one */
};

/* An option, or a section where type is NULL. */
struct conf_option {
	const char *name;
	const struct conf_type *type;
	size_t offset; /* in the struct of the section it stands in */
	size_t size;
	unsigned int min; /* of a number; of a text: its shortest length */
	unsigned int max;
	const struct conf_words *words;
	const struct conf_option *sub; /* of a section; the last one has no name */
	const struct conf_many *many;  /* of a section with titles */
	/* of a section that is there: checks it as a whole. cfg: to find places in */
	void (*check)(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);
};

/* A section that may be there many times. */
struct conf_many {
	/* Makes room for one more in its parent. Returns NULL after saying why there is none. */
	void *(*add)(const struct conf_reader *r, void *parent, const struct conf_place *at, const char *title);
	const void *(*get)(const void *parent, size_t i); /* NULL: no more */
	void (*title)(const void *one, char *buf, size_t size);
};

extern const struct conf_type conf_text, conf_path, conf_number, conf_small, conf_prime, conf_cpus, conf_octal, conf_ms,
	conf_seconds, conf_bool, conf_word, conf_codes, conf_method, conf_uri, conf_canonical, conf_socket,
	conf_hash_key, conf_headers, conf_interfaces, conf_tunnels, conf_allow, conf_deny, conf_methods, conf_sources,
	conf_users, conf_hosts, conf_rows, conf_from, conf_to, conf_failover, conf_nexts;

/* All there is: the options of the file. */
extern const struct conf_option conf_root[];

#define conf_say(r, at, ...) diag_add((r)->d, DIAG_ERROR, (at)->line, (at)->column, __VA_ARGS__)
#define conf_warn(r, at, ...) diag_add((r)->d, DIAG_WARNING, (at)->line, (at)->column, __VA_ARGS__)

/* ---- conf_scan.c */

/* What libconfuse is given, and where in the file things are, in their order. */
struct conf_scan {
	char *text;  /* comments and what was refused are blanks; ends before a fault after which nothing can be read */
	bool broken; /* there is such a fault: nothing can be said to be missing */
	struct conf_place *value;
	size_t n_values;
	struct conf_title *title;
	size_t n_titles;
	const char *p;
	const char *start;
	const char *end;
	const char *row;
	unsigned int line;
	bool cut; /* text ends where it is broken */
	bool no_memory;
	struct diag_list *d;
};

/* Goes over the file once and says in d what can be said without knowing what values mean. Returns 0 or -ENOMEM. */
int conf_scan(const char *text, size_t len, struct conf_scan *s, struct diag_list *d);
void conf_scan_free(struct conf_scan *s);

/* The place of the next section of that name; to be asked in their order. */
struct conf_place conf_scan_title(struct conf_scan *s, const struct conf_option *o);

/* ---- conf_token.c */

enum conf_token_kind {
	CONF_TOKEN_BAD = 0, /* said */
	CONF_TOKEN_END,
	CONF_TOKEN_WORD,
	CONF_TOKEN_STRING, /* quotes included */
	CONF_TOKEN_SET,	   /* = */
	CONF_TOKEN_APPEND, /* += */
	CONF_TOKEN_OPEN,
	CONF_TOKEN_CLOSE,
	CONF_TOKEN_COMMA,
	CONF_TOKEN_ROUND, /* ( or ) */
};

struct conf_token {
	enum conf_token_kind kind;
	const char *at;
	size_t len;
	struct conf_place place;
};

/* Reads the next one; comments before it become blanks in s->text. */
struct conf_token conf_token(struct conf_scan *s);

/* Returns what a word or string means as a new text, NULL out of memory. */
char *conf_token_text(const struct conf_token *t);

/* ---- conf_suggest.c */

/* "; did you mean X?" or where it belongs, or nothing. Returns buf. */
const char *conf_suggest(const struct conf_option *options, const char *word, char *buf, size_t size);

/* ---- conf_parse.c */

/* Has libconfuse read what was scanned. Returns its tree, in which every value is a struct conf_value; NULL out of memory. */
cfg_t *conf_tree(struct conf_scan *s);

/* ---- conf_fill.c */

/* Takes a tree into r->conf. */
void conf_fill(const struct conf_reader *r, cfg_t *cfg);

/* The value of an option where it is in the file, else NULL. */
const struct conf_value *conf_value_of(cfg_t *cfg, const char *name);

/* ---- conf_grammar.c */

/* Puts in what holds where the file says nothing; paths that depend on the instance come with conf_settle(). */
void conf_defaults(struct conf *c);

/* ---- conf_check.c */

void conf_check_ping(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);
void conf_check_set(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);
void conf_check_listener(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);
void conf_check_guard(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);
void conf_check_keys(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
		     const struct conf_route *route);
void conf_check_changes(const struct conf_reader *r, const struct conf_place *at, const struct conf_listener *l,
			const struct conf_route *route);
void conf_check_route(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);
void conf_check_control(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section);

/* The place of an option's value, else that of another's, else `at`. */
struct conf_place conf_place_of(cfg_t *cfg, const char *name, const char *other, const struct conf_place *at);

/* What is left when all is read: defaults that depend on others, and what must not be missing. */
void conf_settle(const struct conf_reader *r, cfg_t *cfg);

/* ---- conf_type.c */

/* Prints text in double quotes. */
void conf_quote(const char *text, FILE *out);

/* Whether a text is printable and fits into a field of size octets; says what is wrong. */
bool conf_is_fit(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v, size_t size);

/* ---- conf_net.c */

/* Whether an address is there at all. */
bool conf_is_address(const struct ds_addr *ip);

/* ---- conf_failover.c */

void conf_check_failover(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
			 const struct conf_listener *l);

/* ---- conf_next.c */

void conf_check_next(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
		     const struct conf_route *route);

/* ---- conf_sip.c */

/* Reads "ADDR:PORT" or "[ADDR]:PORT". Returns 0, or -EINVAL after saying what is wrong. */
int conf_endpoint(const struct conf_reader *r, const struct conf_place *at, const char *text, struct ds_endpoint *to);

#endif
