// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_type.c - one value: read from text into its field, and printed as text again. Numbers, words and texts; what means
 * more than that is in conf_sip.c.
 */
#include "conf_inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* Text in double quotes, as conf_token.c and libconfuse read it. */
void conf_quote(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (strchr("\\\"$", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

bool conf_is_fit(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v, size_t size)
{
	char *printable = diag_printable(v->text);
	bool same = printable && !strcmp(printable, v->text);

	free(printable);
	if (!same) {
		conf_say(r, &v->at, "character in %s that cannot be printed, expected UTF-8 without control characters",
			 o->name);
		return false;
	}
	if (strlen(v->text) >= size) {
		conf_say(r, &v->at, "%s of %zu octets, expected at most %zu", o->name, strlen(v->text), size - 1);
		return false;
	}
	if (strlen(v->text) < o->min) {
		conf_say(r, &v->at, "%s is empty, expected some text", o->name);
		return false;
	}
	return true;
}

static void conf_text_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	if (conf_is_fit(r, o, v, o->size))
		strcpy(field, v->text);
}

static void conf_text_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_quote(field, out);
}

const struct conf_type conf_text = { .read = conf_text_read, .print = conf_text_print };

static void conf_cpus_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	struct cpu_list cpus;
	const char *why;

	if (!conf_is_fit(r, o, v, o->size))
		return;
	if (cpu_list_read(v->text, &cpus, &why))
		conf_say(r, &v->at, "%s '%s', %s", o->name, v->text, why);
	else
		strcpy(field, v->text);
}

const struct conf_type conf_cpus = { .read = conf_cpus_read, .print = conf_text_print };

static void conf_path_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	const char *dir = *v->text == '/' || !*v->text ? "" : r->dir;

	if (!conf_is_fit(r, o, v, o->size))
		return;
	if (strlen(dir) + strlen(v->text) >= o->size)
		conf_say(r, &v->at, "%s of %zu octets with the directory of this file, expected at most %zu", o->name,
			 strlen(dir) + strlen(v->text), o->size - 1);
	else
		strcpy(stpcpy(field, dir), v->text);
}

const struct conf_type conf_path = { .read = conf_path_read, .print = conf_text_print };

/* Reads digits of a base. Returns what stands behind them, NULL where there are none; saturates. */
static const char *conf_digits(const char *p, unsigned int base, unsigned long long *n)
{
	const char *from = p;

	for (*n = 0; isdigit((unsigned char)*p) && (unsigned int)(*p - '0') < base; p++)
		if (*n < 1ull << 40)
			*n = *n * base + (unsigned int)(*p - '0');
	return p > from ? p : NULL;
}

static bool conf_number_of(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   unsigned long long *n)
{
	const char *end = conf_digits(v->text, 10, n);

	if (end && !*end && *n >= o->min && *n <= o->max)
		return true;
	conf_say(r, &v->at, "%s '%.60s', expected a number from %u to %u", o->name, v->text, o->min, o->max);
	return false;
}

static void conf_number_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			     void *field)
{
	unsigned long long n;

	if (conf_number_of(r, o, v, &n))
		*(unsigned int *)field = (unsigned int)n;
}

static void conf_number_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	fprintf(out, "%u", *(const unsigned int *)field);
}

const struct conf_type conf_number = { .read = conf_number_read, .print = conf_number_print };

static void conf_small_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	unsigned long long n;

	if (conf_number_of(r, o, v, &n))
		*(uint16_t *)field = (uint16_t)n;
}

static void conf_small_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	fprintf(out, "%u", *(const uint16_t *)field);
}

const struct conf_type conf_small = { .read = conf_small_read, .print = conf_small_print };

static void conf_prime_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	unsigned long long n;

	if (!conf_number_of(r, o, v, &n))
		return;
	/* 0, where the table of options lets it through, is "as the instance" */
	if (n && !table_size_valid((__u32)n))
		conf_say(r, &v->at, "%s %llu, expected a prime, such as 1021, 4093, 16381, %u, 262139 or %u", o->name,
			 n, DS_TABLE_SIZE, TABLE_SIZE_MAX);
	else
		*(unsigned int *)field = (unsigned int)n;
}

const struct conf_type conf_prime = { .read = conf_prime_read, .print = conf_number_print };

static void conf_octal_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	unsigned long long n;
	const char *end = conf_digits(v->text, 8, &n);

	if (end && !*end && n <= o->max)
		*(unsigned int *)field = (unsigned int)n;
	else
		conf_say(r, &v->at, "%s '%.60s', expected octal digits from 0 to %o, such as 0660", o->name, v->text,
			 o->max);
}

static void conf_octal_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	fprintf(out, "%04o", *(const unsigned int *)field);
}

const struct conf_type conf_octal = { .read = conf_octal_read, .print = conf_octal_print };

static const struct {
	const char *name;
	unsigned int ms;
} conf_units[] = { { "h", 3600000 }, { "min", 60000 }, { "s", 1000 }, { "ms", 1 } };

#define CONF_UNITS (sizeof(conf_units) / sizeof(*conf_units))

/* Writes a time by the largest unit that leaves no rest. */
static const char *conf_time_text(unsigned long long ms, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < CONF_UNITS - 1 && (ms < conf_units[i].ms || ms % conf_units[i].ms); i++)
		;
	if (!ms)
		i = CONF_UNITS - 2;
	snprintf(buf, size, "%llu%s", ms / conf_units[i].ms, conf_units[i].name);
	return buf;
}

/* Reads a time; bounds of the option are in units of unit_ms, and so is *n. */
static bool conf_time_of(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			 unsigned int unit_ms, unsigned int *n)
{
	unsigned long long ms = 0;
	const char *end = conf_digits(v->text, 10, &ms);
	char min[32], max[32];
	bool known = false;
	size_t i;

	while (end && *end == ' ')
		end++;
	for (i = 0; end && i < CONF_UNITS && !known; i++) {
		known = !strcmp(*end ? end : "s", conf_units[i].name);
		ms *= known ? conf_units[i].ms : 1;
	}
	if (known && !(ms % unit_ms) && ms / unit_ms >= o->min && ms / unit_ms <= o->max) {
		*n = (unsigned int)(ms / unit_ms);
		return true;
	}
	conf_say(r, &v->at, "%s '%.60s', expected a time from %s to %s: a number with %ss, min or h, or of seconds",
		 o->name, v->text, conf_time_text((unsigned long long)o->min * unit_ms, min, sizeof(min)),
		 conf_time_text((unsigned long long)o->max * unit_ms, max, sizeof(max)), unit_ms == 1 ? "ms, " : "");
	return false;
}

static void conf_ms_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			 void *field)
{
	unsigned int n;

	if (conf_time_of(r, o, v, 1, &n))
		*(unsigned int *)field = n;
}

static void conf_ms_print(const struct conf_option *o, const void *field, FILE *out)
{
	char text[32];

	(void)o;
	fputs(conf_time_text(*(const unsigned int *)field, text, sizeof(text)), out);
}

const struct conf_type conf_ms = { .read = conf_ms_read, .print = conf_ms_print };

static void conf_seconds_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			      void *field)
{
	unsigned int n;

	if (conf_time_of(r, o, v, 1000, &n))
		*(unsigned int *)field = n;
}

static void conf_seconds_print(const struct conf_option *o, const void *field, FILE *out)
{
	char text[32];

	(void)o;
	fputs(conf_time_text(*(const unsigned int *)field * 1000ull, text, sizeof(text)), out);
}

const struct conf_type conf_seconds = { .read = conf_seconds_read, .print = conf_seconds_print };

static void conf_bool_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(v->text, words[i]) != 0)
			continue;
		*(bool *)field = i % 2;
		return;
	}
	conf_say(r, &v->at, "%s '%.60s', expected true or false", o->name, v->text);
}

static void conf_bool_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	fputs(*(const bool *)field ? "true" : "false", out);
}

const struct conf_type conf_bool = { .read = conf_bool_read, .print = conf_bool_print };

/* Enumerations are ints to the compiler, unsigned or not. */
static void conf_word_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	const struct conf_words *w = o->words;
	char number[12];
	int i;

	for (i = 0; i <= w->last; i++) {
		snprintf(number, sizeof(number), "%d", i);
		if (!w->name(i) || (strcmp(v->text, w->name(i)) != 0 && (!w->numbers || strcmp(v->text, number) != 0)))
			continue;
		memcpy(field, &i, sizeof(i));
		return;
	}
	conf_say(r, &v->at, "%s '%.60s', expected %s", o->name, v->text, w->hint);
}

static void conf_word_print(const struct conf_option *o, const void *field, FILE *out)
{
	int i;

	memcpy(&i, field, sizeof(i));
	fputs(o->words->name(i), out);
}

const struct conf_type conf_word = { .read = conf_word_read, .print = conf_word_print };
