// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_parse.c - reads the file, and has libconfuse make a tree of it.
 */
#include "conf_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libconfuse's callbacks have no argument of their own, and its parser is one for the process anyway. */
static struct conf_scan *conf_tree_scan;
static size_t conf_tree_values;

/* Keeps a value with its place: libconfuse asks for them in the order of the file, as they were scanned. */
static int conf_tree_keep(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct conf_value *v;

	/* another libconfuse may see words where there are none */
	if (conf_tree_values == conf_tree_scan->n_values) {
		cfg_error(cfg, "value of %s where none was seen", opt->name);
		return -1;
	}
	v = malloc(sizeof(*v) + strlen(value) + 1);
	if (!v)
		return -1;
	v->at = conf_tree_scan->value[conf_tree_values++];
	strcpy(v->text, value);
	*(struct conf_value **)result = v;
	return 0;
}

static void conf_tree_error(cfg_t *cfg, const char *fmt, va_list args)
{
	char text[256];

	/* the end of what was cut off is no news */
	if (conf_tree_scan->broken)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	diag_add(conf_tree_scan->d, DIAG_ERROR, (unsigned int)cfg->line, 0,
		 "%s, expected what dispatchctl.conf(5) says", text);
}

static void conf_tree_free_options(cfg_opt_t *opts)
{
	cfg_opt_t *o;

	for (o = opts; o && o->name; o++)
		conf_tree_free_options(o->subopts);
	free(opts);
}

/* Says of a section what libconfuse wants to know; NULL out of memory. */
static cfg_opt_t *conf_tree_options(const struct conf_option *options)
{
	cfg_opt_t *opts = calloc(CONF_OPTIONS_MAX + 1, sizeof(*opts)), *to = opts;
	const struct conf_option *o;

	for (o = options; opts && o->name; o++, to++) {
		to->name = o->name;
		to->type = o->type ? CFGT_PTR : CFGT_SEC;
		to->flags = CFGF_NODEFAULT;
		if (o->type) {
			to->flags |= o->type->is_list ? CFGF_LIST : CFGF_NONE;
			to->parsecb = conf_tree_keep;
			to->freecb = free;
			continue;
		}
		to->flags |= o->many ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE;
		to->subopts = conf_tree_options(o->sub);
		if (!to->subopts) {
			conf_tree_free_options(opts);
			return NULL;
		}
	}
	return opts;
}

cfg_t *conf_tree(struct conf_scan *s)
{
	cfg_opt_t *opts = conf_tree_options(conf_root);
	cfg_t *cfg = opts ? cfg_init(opts, CFGF_NONE) : NULL;

	conf_tree_free_options(opts);
	if (!cfg)
		return NULL;
	conf_tree_scan = s;
	conf_tree_values = 0;
	cfg_set_error_function(cfg, conf_tree_error);
	/* all that it can still refuse is a lack of memory, and what was cut off */
	if (cfg_parse_buf(cfg, s->text) && !s->broken) {
		cfg_free(cfg);
		cfg = NULL;
	}
	conf_tree_scan = NULL;
	return cfg;
}

/* Text is to be without zero octets: it is handed on as a string. */
static bool conf_is_text(const char *text, size_t len, struct diag_list *d)
{
	const char *nul = memchr(text, '\0', len), *p, *row = text;
	unsigned int line = 1;

	for (p = text; nul && p < nul; p++) {
		if (*p != '\n')
			continue;
		line++;
		row = p + 1;
	}
	if (nul)
		diag_add(d, DIAG_ERROR, line, (unsigned int)(nul - row) + 1, "zero octet, expected text");
	return !nul;
}

/* The path with the directory we are in, where it is relative. Returns 0 or -errno. */
static int conf_set_path(struct conf_reader *r, const char *path)
{
	char cwd[PATH_MAX] = "";
	int n;

	if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
		return -errno;
	n = snprintf(r->conf->path, sizeof(r->conf->path), "%s%s%s", cwd, *path == '/' ? "" : "/", path);
	if (n < 0 || (size_t)n >= sizeof(r->conf->path))
		return -ENAMETOOLONG;
	memcpy(r->dir, r->conf->path, (size_t)n + 1);
	strrchr(r->dir, '/')[1] = '\0';
	return 0;
}

/* Takes in what was scanned. Returns 0 or -ENOMEM. */
static int conf_parse_scanned(struct conf_reader *r)
{
	cfg_t *cfg = conf_tree(r->scan);

	if (!cfg)
		return r->d->count[DIAG_ERROR] ? -EINVAL : -ENOMEM;
	conf_defaults(r->conf);
	conf_fill(r, cfg);
	conf_settle(r, cfg);
	cfg_free(cfg);
	return 0;
}

int conf_parse(const char *path, const char *text, size_t len, struct conf **conf, struct diag_list *d)
{
	struct conf_reader r = { .conf = calloc(1, sizeof(*r.conf)), .d = d };
	struct conf_scan scan = { 0 };
	int err = r.conf ? conf_set_path(&r, path) : -ENOMEM;

	*conf = NULL;
	r.scan = &scan;
	if (!err && !conf_is_text(text, len, d))
		err = -EINVAL;
	if (!err)
		err = conf_scan(text, len, &scan, d);
	if (!err)
		err = conf_parse_scanned(&r);
	if (err && err != -EINVAL)
		diag_add(d, DIAG_ERROR, 0, 0, "cannot be read: %s", strerror(-err));
	conf_scan_free(&scan);
	diag_sort(d);
	if (d->count[DIAG_ERROR]) {
		conf_free(r.conf);
		return err ? err : -EINVAL;
	}
	*conf = r.conf;
	return 0;
}

/* Opens without waiting, as a FIFO may have no writer. Returns a descriptor or -errno, said. */
static int conf_open(const char *path, struct diag_list *d)
{
	int err = 0, fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		diag_add(d, DIAG_ERROR, 0, 0, "cannot open: %s, expected a file that can be read", strerror(-err));
	} else if (!S_ISREG(st.st_mode)) {
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EBADF;
		diag_add(d, DIAG_ERROR, 0, 0, "is %s, expected a file",
			 S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
	}
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

int conf_read(const char *path, struct conf **conf, struct diag_list *d)
{
	char *text = malloc(CONF_FILE_MAX + 1);
	int err, fd = text ? conf_open(path, d) : -ENOMEM;
	size_t len = 0;
	ssize_t n = 0;

	*conf = NULL;
	if (fd < 0) {
		free(text);
		return fd;
	}
	do {
		n = read(fd, text + len, CONF_FILE_MAX + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len <= CONF_FILE_MAX) || (n < 0 && errno == EINTR));
	err = n < 0 ? -errno : len > CONF_FILE_MAX ? -EFBIG : 0;
	close(fd);
	if (n < 0)
		diag_add(d, DIAG_ERROR, 0, 0, "cannot be read: %s", strerror(-err));
	else if (err)
		diag_add(d, DIAG_ERROR, 0, 0, "is too large, expected at most %u MiB", CONF_FILE_MAX >> 20);
	else
		err = conf_parse(path, text, len, conf, d);
	free(text);
	return err;
}

void conf_free(struct conf *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_listeners; i++)
		admit_free(&c->listener[i].admit);
	free(c->listener);
	free(c->set);
	free(c);
}
