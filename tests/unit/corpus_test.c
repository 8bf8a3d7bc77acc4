// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * corpus_test.c - every message of the corpus: the syntax against MANIFEST.tsv's class, the verdict against what
 * EXPECT.tsv says of RFC 4475 and RFC 5118. Where this core differs, corpus_differences.tsv says why; a difference that
 * is not there fails, and so does a line there that is none any more.
 */
#include "corpus.h"

#define DIFFERENCES "tests/unit/corpus_differences.tsv"

/* Columns of the tables. */
enum { FILE_NAME = 0, AGAINST = 1, OURS = 2, CLASS = 2, EXPECTATION = 2 };

struct expect_row {
	const char *name; /* dir/name */
	char file[128];
	const char *want;
};

static const char *corpus;
static struct corpus_table manifest, differences, expects[2];
static struct expect_row *expect_rows[2];

/* What is listed as our verdict on the file where it differs; NULL: it is not to differ. */
static const char *listed(const char *file, const char *against)
{
	size_t i;

	for (i = 0; i < differences.rows; i++)
		if (!strcmp(differences.cell[i][FILE_NAME], file) && !strcmp(differences.cell[i][AGAINST], against))
			return differences.cell[i][OURS];
	return NULL;
}

/* 0 if what was found is as it should be, else it is told and 1. */
static int judge(const char *file, const char *against, int differs, unsigned int ours, const char *want)
{
	const char *known = listed(file, against);

	if (!differs && known) {
		print_error("%s: listed in " DIFFERENCES ", but it does not differ: %s, %s\n", file, want,
			    sip_reason_name(ours));
		return 1;
	}
	if (differs && (!known || strcmp(known, sip_reason_name(ours)))) {
		print_error("%s\t%s\t%s\twant %s, listed %s\n", file, against, sip_reason_name(ours), want,
			    known ? known : "not at all");
		return 1;
	}
	return 0;
}

static void open_file(struct sip_case *s, const char *file)
{
	char path[512];
	unsigned char *data;
	size_t len;

	data = test_read_file(corpus_path(path, sizeof(path), corpus, file), &len);
	check_true(file, data != NULL);
	sip_open(s, data, len);
	free(data);
}

/* All messages of one folder against their class. */
static void agrees_with_class(void **state)
{
	const char *of = *state;
	size_t i, n = 0, bad = 0;
	struct sip_case s;

	for (i = 0; i < manifest.rows; i++) {
		const char *const *cell = manifest.cell[i];
		unsigned int ours;
		int valid, good;

		if (strncmp(cell[FILE_NAME], of, strcspn(of, "/") + 1))
			continue;
		n++;
		open_file(&s, cell[FILE_NAME]);
		ours = corpus_syntax(&s);
		valid = !strcmp(cell[CLASS], "valid");
		/* a scheme that is not understood follows the grammar */
		good = ours == REASON_none || ours == REASON_bad_uri_scheme;
		bad += judge(cell[FILE_NAME], "class", valid != good, ours, cell[CLASS]);
		if (sip_invariant_broken(&s.m, s.g.len)) {
			print_error("%s: %s\n", cell[FILE_NAME], sip_invariant_broken(&s.m, s.g.len));
			bad++;
		}
		sip_close(&s);
	}
	check_true("messages", n > 0);
	check_int("wrong ones", bad, 0);
}

/* Whether the next Via of a response is the broadcast address (RFC 4475 3.3.10): the datapath drops it by that. */
static int next_is_broadcast(const struct sip_case *s)
{
	struct ds_endpoint e;

	return s->m.via2.at && !sip_via_place(&s->b, &s->m.via2, &e) && e.ip.w[3] == 0xffffffff;
}

static int meets(const struct sip_case *s, unsigned int ours, const char *want)
{
	unsigned int code = sip_reason_code(ours), response = s->m.kind == SIP_KIND_RESPONSE;

	if (!strcmp(want, "forward"))
		return ours == REASON_none && !response;
	if (!strcmp(want, "forward-trim"))
		return ours == REASON_none && s->m.end < s->m.len;
	if (!strcmp(want, "forward-response-if-top-via-ours"))
		return ours == REASON_none && response;
	if (!strcmp(want, "drop"))
		return response && (ours != REASON_none || next_is_broadcast(s));
	if (!strcmp(want, "unreferenced"))
		return 1;
	if (!strcmp(want, "501-or-400"))
		return code == 400 || code == 501;
	if (strstr(want, "forward") || strstr(want, "-or-normalise") || strstr(want, "-or-strip"))
		return ours == REASON_none || code == 400;
	return !response && code && code == (unsigned int)atoi(want);
}

static void meets_expectation(void **state)
{
	const struct expect_row *row = *state;
	unsigned int ours;
	struct sip_case s;

	open_file(&s, row->file);
	ours = corpus_verdict(&s);
	if (judge(row->file, "expect", !meets(&s, ours, row->want), ours, row->want))
		fail();
	sip_close(&s);
}

/* Every line of the differences is about a message that is there, and says why. */
static void differences_are_argued(void **state)
{
	size_t i, k, bad = 0;

	(void)state;
	for (i = 0; i < differences.rows; i++) {
		const char *const *cell = differences.cell[i];
		int found = 0;

		for (k = 0; k < manifest.rows && !found; k++)
			found = !strcmp(manifest.cell[k][FILE_NAME], cell[FILE_NAME]);
		if (found && strlen(cell[3]) > 10 &&
		    (!strcmp(cell[AGAINST], "class") || !strcmp(cell[AGAINST], "expect")))
			continue;
		print_error("%s: no such message, nothing to differ from, or no reason\n", cell[FILE_NAME]);
		bad++;
	}
	check_int("wrong lines", bad, 0);
}

/* A counted skip where there is no corpus; what of it cannot be read is a failure. */
static void corpus_is_there(void **state)
{
	(void)state;
	if (!corpus)
		test_skip("no corpus; remedy: SIPXDP_CORPUS=folder");
	check_true("MANIFEST.tsv", manifest.rows > 0);
	check_true(DIFFERENCES, differences.text != NULL);
	check_true("EXPECT.tsv", expects[0].rows > 0 && expects[1].rows > 0);
}

/* Adds the rows of the n-th EXPECT.tsv. */
static void add_expect(struct test_list *tests, size_t n, const char *dir)
{
	struct corpus_table *t = &expects[n];
	struct expect_row *rows;
	char path[512], name[128];
	size_t i;

	snprintf(name, sizeof(name), "%s/EXPECT.tsv", dir);
	if (corpus_table_read(t, corpus_path(path, sizeof(path), corpus, name)))
		return;
	rows = calloc(t->rows, sizeof(*rows));
	assert_non_null(rows);
	for (i = 0; i < t->rows; i++) {
		snprintf(rows[i].file, sizeof(rows[i].file), "%s/%s.dat", dir, t->cell[i][0]);
		rows[i].name = rows[i].file;
		rows[i].want = t->cell[i][EXPECTATION];
	}
	test_add_rows(tests, "EXPECT", meets_expectation, rows, t->rows, sizeof(*rows));
	expect_rows[n] = rows;
}

/* One test per folder: the manifest is sorted by file. The state is a file of the folder. */
static void add_classes(struct test_list *tests)
{
	const char *last = "/";
	char name[128];
	size_t i;

	for (i = 0; i < manifest.rows; i++) {
		const char *file = manifest.cell[i][FILE_NAME];

		if (!strncmp(file, last, strcspn(last, "/") + 1))
			continue;
		snprintf(name, sizeof(name), "class: %.*s", (int)strcspn(file, "/"), file);
		test_add(tests, name, agrees_with_class, file);
		last = file;
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	char path[512];
	int failed;
	size_t i;

	corpus = test_corpus();
	test_add(&tests, "corpus", corpus_is_there, NULL);
	if (corpus && !corpus_table_read(&manifest, corpus_path(path, sizeof(path), corpus, "MANIFEST.tsv")) &&
	    !corpus_table_read(&differences, DIFFERENCES)) {
		add_classes(&tests);
		add_expect(&tests, 0, "rfc4475");
		add_expect(&tests, 1, "rfc5118");
		test_add(&tests, "differences are argued", differences_are_argued, NULL);
	}
	failed = test_run(&tests, "corpus");
	for (i = 0; i < TEST_COUNT(expects); i++) {
		corpus_table_free(&expects[i]);
		free(expect_rows[i]);
	}
	corpus_table_free(&manifest);
	corpus_table_free(&differences);
	return failed;
}
