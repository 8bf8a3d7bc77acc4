// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu_list.c - reads lists of CPUs.
 */
#include "cpu_list.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_LIST_ONLINE "/sys/devices/system/cpu/online"

/* Past one number of the list, of less than CPU_SETSIZE; NULL where there is none. */
static const char *cpu_list_number(const char *text, unsigned long *n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	*n = strtoul(text, &end, 10);
	return *n < CPU_SETSIZE ? end : NULL;
}

static int cpu_list_set(const char *text, cpu_set_t *set)
{
	unsigned long first, last;

	CPU_ZERO(set);
	for (;; text++) {
		text = cpu_list_number(text, &first);
		if (!text)
			return -EINVAL;
		last = first;
		if (*text == '-')
			text = cpu_list_number(text + 1, &last);
		if (!text || last < first)
			return -EINVAL;
		for (; first <= last; first++)
			CPU_SET(first, set);
		if (!*text || *text == '\n')
			return 0;
		if (*text != ',')
			return -EINVAL;
	}
}

static int cpu_list_online(cpu_set_t *set)
{
	FILE *f = fopen(CPU_LIST_ONLINE, "re");
	char text[4096];
	int err = f && fgets(text, sizeof(text), f) ? cpu_list_set(text, set) : -EIO;

	if (f)
		fclose(f);
	return err;
}

int cpu_list_read(const char *text, struct cpu_list *l, const char **why)
{
	unsigned int i;
	cpu_set_t asked;

	memset(l, 0, sizeof(*l));
	*why = NULL;
	if (!*text)
		return 0;
	*why = "expected CPUs as in 1-3,5";
	if (cpu_list_set(text, &asked))
		return -EINVAL;
	*why = "expected at most 64 CPUs";
	if (CPU_COUNT(&asked) > DS_SPREAD_MAX)
		return -E2BIG;
	for (i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &asked))
			l->cpu[l->n++] = i;
	return 0;
}

int cpu_list_offline(const struct cpu_list *l)
{
	cpu_set_t online;
	__u32 i;

	if (cpu_list_online(&online))
		return -1;
	for (i = 0; i < l->n; i++)
		if (!CPU_ISSET(l->cpu[i], &online))
			return (int)l->cpu[i];
	return -1;
}
