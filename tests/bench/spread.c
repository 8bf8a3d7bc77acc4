// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spread.c - how evenly Call-IDs spread over members, what share of them moves when the list changes, and what becomes of
 * Call-IDs that were made to hit one member: ours beside the formulas of Kamailio 5.6 and OpenSIPS 3.5 on the same keys.
 * Prints Markdown. Always the same keys and the same cluster key, so always the same figures; needs no root.
 *
 * Usage: spread [FOLDER OF MESSAGES]. Exit code 1 where the spread is worse than chance and table size explain.
 */
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ds_pick.h"
#include "methods.h"
#include "sip_hash.h"
#include "table.h"

#define KEYS 1000000u
#define MEMBERS_MAX 1001u
#define SIZE DS_TABLE_SIZE
#define TEXT_MAX 128
#define STEMS_MAX 4096
#define AIMED 10000u
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum kind { CORPUS, SIPP, SEQUENTIAL, UUID, KINDS };

static const char *const kind_names[] = { "corpus, numbered", "sipp", "sequential", "UUID" };
static const __u64 cluster[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };
static char *stem[STEMS_MAX];
static size_t stems;
static __u64 seed = 88172645463325252ull;

/* What one key comes to by the three. */
struct key {
	__u64 ours;
	__u32 additive; /* of Kamailio and OpenSIPS */
};

static struct key keys[KEYS];

/* xorshift64* (Vigna). */
static __u64 next(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dull;
}

/* ---- keys */

static int stem_is_known(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < stems; i++)
		if (!strncmp(stem[i], text, len) && !stem[i][len])
			return 1;
	return 0;
}

/* Keeps the value of the first Call-ID row that a file holds, once. */
static int stem_enter(const char *path, const struct stat *st, int type, struct FTW *where)
{
	static char text[65536];
	char *row, *end;
	FILE *in;
	size_t n;

	(void)where;
	if (type != FTW_F || !st->st_size || stems == STEMS_MAX)
		return 0;
	in = fopen(path, "r");
	if (!in)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	text[n] = 0;
	row = strcasestr(text, "\nCall-ID:");
	if (!row)
		return 0;
	row += strlen("\nCall-ID:");
	row += strspn(row, " \t");
	end = row + strcspn(row, "\r\n \t");
	if (end - row > 0 && end - row < TEXT_MAX - 16 && !stem_is_known(row, (size_t)(end - row)))
		stem[stems++] = strndup(row, (size_t)(end - row));
	return 0;
}

static void key_text(enum kind kind, __u32 i, char *text)
{
	__u64 a = next(), b = next();

	switch (kind) {
	case CORPUS:
		snprintf(text, TEXT_MAX, "%u%s", (unsigned int)(i / stems), stem[i % stems]);
		break;
	case SIPP:
		snprintf(text, TEXT_MAX, "%u-%u@192.0.2.%u", i + 1, 20000u + i / 250000, 10 + i % 4);
		break;
	case SEQUENTIAL:
		snprintf(text, TEXT_MAX, "%08u", i);
		break;
	default:
		snprintf(text, TEXT_MAX, "%08x-%04x-4%03x-%04x-%08x%04x", (__u32)a, (__u32)(a >> 32) & 0xffff,
			 (__u32)(a >> 48) & 0xfff, ((__u32)b & 0x3fff) | 0x8000, (__u32)(b >> 16),
			 (__u32)(b >> 48) & 0xffff);
	}
}

static __u64 key_hash(const char *text)
{
	static char padded[TEXT_MAX + 16];
	struct sip_hash h;
	struct sip_ctx c;
	struct sip_buf b;
	size_t len = strlen(text);

	memset(padded, 0, sizeof(padded));
	memcpy(padded, text, len);
	c.data = (const __u8 *)padded;
	c.data_end = c.data + sizeof(padded);
	b = sip_buf(&c);
	sip_hash_begin(&h, cluster, SIP_HASH_KEY);
	sip_hash_span(&h, &b, (struct sip_span){ 0, (__u16)len }, 0);
	return sip_hash_end(&h);
}

static void keys_make(enum kind kind, __u32 n)
{
	char text[TEXT_MAX];
	__u32 i;

	for (i = 0; i < n; i++) {
		key_text(kind, i, text);
		keys[i] = (struct key){ key_hash(text), methods_hash(text, strlen(text), "", 0) };
	}
}

/* ---- who picks */

struct farm {
	struct table_member member[MEMBERS_MAX];
	__u32 down[MEMBERS_MAX];
	__u32 n;
	__u32 entry[SIZE]; /* indexes of member[] */
};

static void farm_make(struct farm *f, __u32 n, int weighted)
{
	__u32 i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < n; i++)
		f->member[i] = (struct table_member){ 0x9e3779b97f4a7c15ull * (i + 1), weighted ? 1 + i * 7 % 10 : 1 };
	f->n = n;
}

/* The table over those that are up, in terms of all. */
static int farm_build(struct farm *f)
{
	struct table_member up[MEMBERS_MAX];
	__u32 of[MEMBERS_MAX], i, n = 0;
	int err;

	for (i = 0; i < f->n; i++) {
		if (f->down[i])
			continue;
		of[n] = i;
		up[n++] = f->member[i];
	}
	err = table_build(cluster, up, n, f->entry, SIZE);
	for (i = 0; i < SIZE && !err; i++)
		f->entry[i] = of[f->entry[i]];
	return err;
}

static __u64 pick_ours(const struct farm *f, const struct key *k)
{
	return f->member[f->entry[ds_scale(k->ours, SIZE)]].id;
}

/* Modulus over the list, then the next one that is up (kamailio.md 3.3, 3.4). */
static __u64 pick_kamailio(const struct farm *f, const struct key *k)
{
	__u32 i = k->additive % f->n;

	while (f->down[i])
		i = (i + 1) % f->n;
	return f->member[i].id;
}

/* Modulus over the sum of weights; where that one is down, again over those that are up (peers.md 2). */
static __u64 pick_opensips(const struct farm *f, const struct key *k)
{
	__u32 i, sum = 0, at;
	int again;

	for (again = 0; again < 2; again++) {
		for (sum = 0, i = 0; i < f->n; i++)
			sum += again && f->down[i] ? 0 : f->member[i].weight;
		at = k->additive % sum;
		for (i = 0; i < f->n; i++) {
			sum = again && f->down[i] ? 0 : f->member[i].weight;
			if (at < sum)
				break;
			at -= sum;
		}
		if (!f->down[i])
			break;
	}
	return f->member[i].id;
}

typedef __u64 (*picker)(const struct farm *f, const struct key *k);

/* ---- tables */

/* Chi-square by degrees of freedom is 1 on average; deviations are of the sum from its mean. */
static int spread_row(enum kind kind, const struct farm *f, int weighted)
{
	static __u32 hits[MEMBERS_MAX];
	double sum = 0, expected, chi = 0, worst = 0, table, sigma;
	__u32 i;

	memset(hits, 0, sizeof(hits));
	for (i = 0; i < KEYS; i++)
		hits[f->entry[ds_scale(keys[i].ours, SIZE)]]++;
	for (i = 0; i < f->n; i++)
		sum += f->member[i].weight;
	for (i = 0; i < f->n; i++) {
		expected = KEYS * (f->member[i].weight / sum);
		chi += (hits[i] - expected) * (hits[i] - expected) / expected;
		worst = hits[i] / expected > worst ? hits[i] / expected : worst;
	}
	table = table_imbalance(f->member, f->n, f->entry, SIZE);
	/* of the member with the least share, five standard deviations beyond what the table gives it */
	sigma = 5 * sqrt(sum / KEYS);
	printf("| %s | %u | %s | %.2f | %.4f | %.4f |\n", kind_names[kind], f->n, weighted ? "1 to 10" : "equal",
	       chi / (f->n - 1), worst, table);
	return worst > table * (1 + sigma);
}

static int spread_table(void)
{
	static const __u32 sizes[] = { 2, 3, 5, 10, 50, 100, 500, 1000 };
	static struct farm f;
	int bad = 0, weighted;
	enum kind kind;
	size_t i;

	printf("%u Call-IDs over members by a table of %u entries\n\n", KEYS, SIZE);
	printf("| Call-IDs | members | weights | chi-square / df | worst / share | of it by the table |\n");
	printf("|---|---:|---|---:|---:|---:|\n");
	for (kind = 0; kind < KINDS; kind++) {
		if (kind == CORPUS && !stems)
			continue;
		keys_make(kind, KEYS);
		for (weighted = 0; weighted < 2; weighted++)
			for (i = 0; i < COUNT(sizes); i++) {
				farm_make(&f, sizes[i], weighted);
				if (farm_build(&f))
					return 1;
				bad |= spread_row(kind, &f, weighted);
			}
	}
	return bad;
}

static double moved(picker pick, const struct farm *a, const struct farm *b)
{
	__u32 i, n = 0;

	for (i = 0; i < KEYS / 5; i++)
		n += pick(a, &keys[i]) != pick(b, &keys[i]);
	return 500.0 * n / KEYS;
}

static int moved_row(__u32 n, const char *what, const struct farm *a, const struct farm *b, double ideal)
{
	double ours = moved(pick_ours, a, b);

	printf("| %u | %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", n, what, ideal, ours,
	       moved(pick_kamailio, a, b), moved(pick_opensips, a, b));
	/* Maglev moves a little more than it must */
	return ours > ideal + 3;
}

static int moved_table(void)
{
	static const __u32 sizes[] = { 5, 10, 50, 100 };
	static struct farm a, b;
	int bad = 0;
	size_t i;
	__u32 n;

	keys_make(SIPP, KEYS / 5);
	printf("\nShare of Call-IDs that go to another member than before\n\n");
	printf("| members | change | ideal | sipxdp | Kamailio | OpenSIPS |\n|---:|---|---:|---:|---:|---:|\n");
	for (i = 0; i < COUNT(sizes); i++) {
		n = sizes[i];
		farm_make(&a, n, 0);
		farm_make(&b, n + 1, 0);
		if (farm_build(&a) || farm_build(&b))
			return 1;
		bad |= moved_row(n, "one added", &a, &b, 100.0 / (n + 1));
		farm_make(&b, n, 0);
		memmove(&b.member[n / 2], &b.member[n / 2 + 1], (n - n / 2 - 1) * sizeof(*b.member));
		b.n--;
		if (farm_build(&b))
			return 1;
		bad |= moved_row(n, "one removed", &a, &b, 100.0 / n);
		farm_make(&b, n, 0);
		b.down[n / 2] = 1;
		if (farm_build(&b))
			return 1;
		bad |= moved_row(n, "one down", &a, &b, 100.0 / n);
	}
	return bad;
}

/* The largest share that one member gets, in percent. */
static double largest(picker pick, const struct farm *f, __u32 n)
{
	__u32 hits[MEMBERS_MAX] = { 0 }, i, m, most = 0;
	__u64 id;

	for (i = 0; i < n; i++) {
		id = pick(f, &keys[i]);
		for (m = 0; f->member[m].id != id; m++)
			;
		hits[m]++;
		most = hits[m] > most ? hits[m] : most;
	}
	return 100.0 * most / n;
}

/* An attacker who knows the list finds such Call-IDs by trying; each takes n tries on average. */
static int aimed_table(void)
{
	static struct farm f;
	char text[TEXT_MAX];
	__u32 i, made = 0, hash;
	double ours;

	farm_make(&f, 10, 0);
	if (farm_build(&f))
		return 1;
	for (i = 0; made < AIMED; i++) {
		key_text(UUID, i, text);
		hash = methods_hash(text, strlen(text), "", 0);
		if (hash % f.n == 3)
			keys[made++] = (struct key){ key_hash(text), hash };
	}
	ours = largest(pick_ours, &f, AIMED);
	printf("\n%u Call-IDs made to hit one of 10 members by the unkeyed hash: the largest share of a member\n\n",
	       AIMED);
	printf("| sipxdp | Kamailio | OpenSIPS |\n|---:|---:|---:|\n| %.1f %% | %.1f %% | %.1f %% |\n", ours,
	       largest(pick_kamailio, &f, AIMED), largest(pick_opensips, &f, AIMED));
	return ours > 12;
}

int main(int argc, char **argv)
{
	int bad;

	if (argc > 1 && nftw(argv[1], stem_enter, 16, FTW_PHYS))
		perror(argv[1]);
	bad = spread_table();
	bad |= moved_table();
	bad |= aimed_table();
	while (stems)
		free(stem[--stems]);
	if (bad)
		fprintf(stderr, "spread: worse than expected\n");
	return bad;
}
