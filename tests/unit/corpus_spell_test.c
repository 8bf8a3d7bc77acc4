// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * corpus_spell_test.c - every valid message of the corpus, spelled otherwise in a way that means the same, gets the
 * same verdict, Call-ID, key and branch (sip-rules D46).
 */
#include <ctype.h>

#include "corpus.h"
#include "hash_key.h"
#include "sip_key.h"
#include "spell.h"

static const struct {
	const char *full;
	const char *compact;
} forms[] = {
	{ "Via", "v" },
	{ "From", "f" },
	{ "To", "t" },
	{ "Call-ID", "i" },
	{ "Contact", "m" },
	{ "Content-Length", "l" },
	{ "Content-Type", "c" },
	{ "Content-Encoding", "e" },
	{ "Subject", "s" },
	{ "Supported", "k" },
	{ "Event", "o" },
	{ "Allow-Events", "u" },
	{ "Refer-To", "r" },
	{ "Referred-By", "b" },
	{ "Session-Expires", "x" },
};

static void put_name(struct spell_text *t, const struct spell_row *row)
{
	spell_put(t, row->name, row->name_len);
}

static void put_row(struct spell_text *t, const struct spell_row *row)
{
	put_name(t, row);
	if (row->colon)
		spell_puts(t, ":");
	spell_put(t, row->value, row->value_len);
	spell_puts(t, "\r\n");
}

static void spell_compact(struct spell_text *t, const struct spell_row *row)
{
	struct spell_row other = *row;
	size_t i;

	for (i = 0; i < TEST_COUNT(forms); i++) {
		if (spell_same_name(row->name, row->name_len, forms[i].full)) {
			other.name = forms[i].compact;
			other.name_len = 1;
		}
	}
	put_row(t, &other);
}

static void spell_long(struct spell_text *t, const struct spell_row *row)
{
	struct spell_row other = *row;
	size_t i;

	for (i = 0; i < TEST_COUNT(forms); i++) {
		if (spell_same_name(row->name, row->name_len, forms[i].compact)) {
			other.name = forms[i].full;
			other.name_len = strlen(other.name);
		}
	}
	put_row(t, &other);
}

static void put_case(struct spell_text *t, const struct spell_row *row, int (*change)(int))
{
	size_t from = t->len, i;

	put_row(t, row);
	for (i = 0; i < row->name_len; i++)
		t->octets[from + i] = (char)change((unsigned char)t->octets[from + i]);
}

static void spell_upper(struct spell_text *t, const struct spell_row *row)
{
	put_case(t, row, toupper);
}

static void spell_lower(struct spell_text *t, const struct spell_row *row)
{
	put_case(t, row, tolower);
}

/* The row with other octets about its colon; what blanks there were behind it are dropped where `trim` is set. */
static void put_colon(struct spell_text *t, const struct spell_row *row, const char *colon, int trim)
{
	const char *value = row->value, *end = value + row->value_len;

	if (!row->colon) {
		put_row(t, row);
		return;
	}
	while (trim && value < end && strchr(" \t\r\n", *value))
		value++;
	put_name(t, row);
	spell_puts(t, colon);
	spell_put(t, value, (size_t)(end - value));
	spell_puts(t, "\r\n");
}

static void spell_blanks(struct spell_text *t, const struct spell_row *row)
{
	put_colon(t, row, " \t   :   \t ", 0);
}

static void spell_tight(struct spell_text *t, const struct spell_row *row)
{
	put_colon(t, row, ":", 1);
}

static void spell_fold(struct spell_text *t, const struct spell_row *row)
{
	put_colon(t, row, "\t:\r\n ", 1);
}

static void spell_trailing(struct spell_text *t, const struct spell_row *row)
{
	put_row(t, row);
	t->len -= 2;
	spell_puts(t, row->colon ? " \t\r\n \r\n" : "\r\n");
}

/* A line break into each run of blanks outside quotes and angle brackets. */
static void spell_fold_blanks(struct spell_text *t, const struct spell_row *row)
{
	static const char *const fields[] = { "Via", "v", "From", "f", "To", "t", "CSeq" };
	int quoted = 0, angle = 0, ours = 0;
	size_t i;

	for (i = 0; i < TEST_COUNT(fields); i++)
		ours |= spell_same_name(row->name, row->name_len, fields[i]);
	if (!ours || !row->colon) {
		put_row(t, row);
		return;
	}
	put_name(t, row);
	spell_puts(t, ":");
	for (i = 0; i < row->value_len; i++) {
		char c = row->value[i];

		if (quoted && c == '\\') {
			spell_put(t, row->value + i++, 2);
			continue;
		}
		quoted ^= c == '"';
		angle = quoted ? angle : c == '<' ? 1 : c == '>' ? 0 : angle;
		if ((c == ' ' || c == '\t') && !quoted && !angle && (!i || row->value[i - 1] != '\n'))
			spell_puts(t, "\r\n");
		spell_put(t, &c, 1);
	}
	spell_puts(t, "\r\n");
}

/* Each Via value in a row of its own. */
static void spell_via_rows(struct spell_text *t, const struct spell_row *row)
{
	const char *value = row->value, *end = value + row->value_len, *at;
	int quoted = 0;

	for (at = value; row->is_via && at < end; at++) {
		if (quoted && *at == '\\')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (*at == ',' && !quoted) {
			spell_puts(t, "Via:");
			spell_put(t, value, (size_t)(at - value));
			spell_puts(t, "\r\n");
			value = at + 1;
		}
	}
	put_name(t, row);
	spell_puts(t, row->colon ? ":" : "");
	spell_put(t, value, (size_t)(end - value));
	spell_puts(t, "\r\n");
}

static void put_rows(struct spell_text *t, const struct spell_message *m, int is_via)
{
	size_t i;

	for (i = 0; i < m->rows; i++)
		if (m->row[i].is_via == is_via)
			put_row(t, &m->row[i]);
}

static void whole_via_last(struct spell_text *t, const struct spell_message *m)
{
	put_rows(t, m, 0);
	put_rows(t, m, 1);
}

/* All Via values in one row, where the first stood. */
static void whole_via_commas(struct spell_text *t, const struct spell_message *m)
{
	size_t i, k;

	for (i = 0; i < m->rows && !m->row[i].is_via; i++)
		put_row(t, &m->row[i]);
	spell_puts(t, "Via:");
	for (k = i; k < m->rows; k++) {
		if (!m->row[k].is_via)
			continue;
		if (k > i)
			spell_puts(t, " ,\r\n ");
		spell_put(t, m->row[k].value, m->row[k].value_len);
	}
	spell_puts(t, "\r\n");
	for (; i < m->rows; i++)
		if (!m->row[i].is_via)
			put_row(t, &m->row[i]);
}

/* A text with the URI that begins at `from` spelled otherwise: scheme, one letter of the user, host. */
static void put_uri(struct spell_text *t, const char *text, size_t len, size_t from)
{
	size_t host = from + 4, end, i, escaped;

	while (host < len && !strchr("@<>\" \r\n", text[host]))
		host++;
	host = host < len && text[host] == '@' ? host + 1 : from + 4;
	for (end = host; end < len && !strchr(":;?>, \t\r\n", text[end]); end++)
		if (text[end] == '[')
			end += strcspn(text + end, "]");
	/* the user's first letter as its escape */
	escaped = host > from + 4 && isalnum((unsigned char)text[from + 4]) ? from + 4 : len;
	for (i = 0; i < len; i++) {
		char c = text[i], hex[4];

		if (i == escaped) {
			snprintf(hex, sizeof(hex), "%%%02x", (unsigned char)c);
			spell_puts(t, hex);
			continue;
		}
		if (i >= host && i < end)
			c = (char)(isupper((unsigned char)c) ? tolower((unsigned char)c) : toupper((unsigned char)c));
		spell_put(t, &c, 1);
	}
}

/* Where "sip:" stands at the start, behind a bracket, or behind a blank where there is none; len where it does not. */
static size_t find_uri(const char *text, size_t len)
{
	const char *before = memchr(text, '<', len) ? "<" : " \t";
	int quoted = 0;
	size_t i;

	for (i = 0; i + 4 < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && !strncasecmp(text + i, "sip:", 4) && (!i || strchr(before, text[i - 1])))
			return i;
	}
	return len;
}

/* The URIs of the request line, From and To. */
static void whole_uris(struct spell_text *t, const struct spell_message *m)
{
	static const char *const fields[] = { "From", "f", "To", "t" };
	size_t i, k, at;

	at = find_uri(m->start, m->start_len);
	t->len = 0;
	if (at < m->start_len)
		put_uri(t, m->start, m->start_len, at);
	else
		spell_put(t, m->start, m->start_len);
	for (i = 0; i < m->rows; i++) {
		const struct spell_row *row = &m->row[i];

		at = row->value_len;
		for (k = 0; k < TEST_COUNT(fields) && row->colon; k++)
			if (spell_same_name(row->name, row->name_len, fields[k]))
				at = find_uri(row->value, row->value_len);
		if (at == row->value_len) {
			put_row(t, row);
			continue;
		}
		put_name(t, row);
		spell_puts(t, ":");
		put_uri(t, row->value, row->value_len, at);
		spell_puts(t, "\r\n");
	}
}

static const struct spelling {
	const char *name;
	void (*row)(struct spell_text *t, const struct spell_row *row);
	void (*whole)(struct spell_text *t, const struct spell_message *m);
} spellings[] = {
	{ "as it is", put_row, NULL },
	{ "25 compact forms", spell_compact, NULL },
	{ "25 long forms", spell_long, NULL },
	{ "24 names in upper case", spell_upper, NULL },
	{ "24 names in lower case", spell_lower, NULL },
	{ "26 blanks about the colon", spell_blanks, NULL },
	{ "26 no blanks about the colon", spell_tight, NULL },
	{ "27 folded behind the colon", spell_fold, NULL },
	{ "27 folded at blanks", spell_fold_blanks, NULL },
	{ "27 folded behind the value", spell_trailing, NULL },
	{ "28 Via last", NULL, whole_via_last },
	{ "29 Via values in rows of their own", spell_via_rows, NULL },
	{ "29 Via values in one row", NULL, whole_via_commas },
	{ "46 URIs with an escape and another case of the host", NULL, whole_uris },
};

static const char *corpus;
static struct corpus_table manifest;

static void spell(struct spell_text *t, const struct spell_message *m, const struct spelling *how)
{
	size_t i;

	t->len = 0;
	spell_put(t, m->start, m->start_len);
	for (i = 0; how->row && i < m->rows; i++)
		how->row(t, &m->row[i]);
	if (how->whole)
		how->whole(t, m);
	spell_put(t, m->rest, m->rest_len);
}

static int same_text(const struct sip_case *x, struct sip_span s, const struct sip_case *y, struct sip_span t)
{
	return s.len == t.len && !memcmp(x->g.data + s.off, y->g.data + t.off, s.len);
}

/* Whether a request has other keys to hash. */
static int other_keys(const struct sip_case *x, const struct sip_case *y)
{
	static const char names[] = "from-uri,from-user,to-uri,to-user\0request-uri,request-user,auth-user\0"
				    "header:contact,header:subject,header:user-agent,header:allow\0"
				    "parameter:transport,source\0parameter:user,source-ip\0";
	const struct ds_endpoint src = { .port_be = port_be16(5060) };
	struct sip_keyed a = { .key = { 1, 2 } }, b = a;
	struct ds_key key[DS_KEYS_MAX];
	const char *list;
	size_t i, n;

	for (list = names; *list; list += strlen(list) + 1) {
		check_int(list, hash_key_list(key, &n, list), 0);
		for (i = 0; i < n; i++)
			if (sip_key(&x->b, &x->m, &src, &key[i], &a) != sip_key(&y->b, &y->m, &src, &key[i], &b) ||
			    a.hash != b.hash)
				return 1;
	}
	return 0;
}

/* NULL, or what differs. */
static const char *difference(const struct sip_case *x, const struct sip_case *y)
{
	static const __u64 key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };
	const struct sip_via *v = x->m.via2.at ? &x->m.via2 : &x->m.via;
	const struct sip_via *w = y->m.via2.at ? &y->m.via2 : &y->m.via;
	__u64 a, b;

	if (corpus_verdict(x) != corpus_verdict(y))
		return "verdict";
	if (x->m.reason != REASON_none && x->m.reason != REASON_bad_uri_scheme)
		return NULL;
	if (!same_text(x, x->m.call_id, y, y->m.call_id))
		return "Call-ID";
	sip_call_id_hash(&x->b, &x->m, key, &a);
	sip_call_id_hash(&y->b, &y->m, key, &b);
	if (a != b)
		return "key";
	if (x->m.kind == SIP_KIND_REQUEST && x->m.reason == REASON_none && other_keys(x, y))
		return "key of another kind";
	if (!x->m.via2.at != !y->m.via2.at)
		return "second Via";
	sip_branch(&x->b, &x->m, v, key, &a);
	sip_branch(&y->b, &y->m, w, key, &b);
	if (a != b)
		return "branch";
	sip_own_tag(&x->b, &x->m, key, &a);
	sip_own_tag(&y->b, &y->m, key, &b);
	if (a != b)
		return "own tag";
	if (!same_text(x, x->m.from.tag, y, y->m.from.tag) || !same_text(x, x->m.to.tag, y, y->m.to.tag))
		return "tag";
	if (x->m.cseq != y->m.cseq || x->m.end - x->m.body != y->m.end - y->m.body)
		return "CSeq or body";
	return NULL;
}

static void means_the_same(void **state)
{
	const struct spelling *how = *state;
	static struct spell_message m;
	static struct spell_text t;
	size_t i, len, n = 0, bad = 0;
	unsigned char *data;
	struct sip_case x, y;
	const char *why;
	char path[512];

	if (!corpus)
		test_skip("no corpus; remedy: SIPXDP_CORPUS=folder");
	for (i = 0; i < manifest.rows; i++) {
		if (strcmp(manifest.cell[i][2], "valid"))
			continue;
		data = test_read_file(corpus_path(path, sizeof(path), corpus, manifest.cell[i][0]), &len);
		check_true(path, data != NULL);
		spell_split(&m, (const char *)data, len);
		spell(&t, &m, how);
		if (t.len <= 65507) {
			sip_open(&x, data, len);
			sip_open(&y, t.octets, t.len);
			why = difference(&x, &y);
			if (why)
				print_error("%s: other %s\n", manifest.cell[i][0], why);
			bad += why != NULL;
			n++;
			sip_close(&x);
			sip_close(&y);
		}
		free(data);
	}
	check_true("messages", n > 0);
	check_int("wrong ones", bad, 0);
}

int main(void)
{
	struct test_list tests = { 0 };
	char path[512];
	int failed;

	corpus = test_corpus();
	if (corpus && corpus_table_read(&manifest, corpus_path(path, sizeof(path), corpus, "MANIFEST.tsv")))
		return 1;
	test_rows(&tests, "46 spelled otherwise", means_the_same, spellings);
	failed = test_run(&tests, "corpus_spell");
	corpus_table_free(&manifest);
	return failed;
}
