/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit.h - the exit codes of dispatchctl, the same for every command; scripts rely on them.
 */
#ifndef SIPXDP_CTL_EXIT_H
#define SIPXDP_CTL_EXIT_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,  /* the operation failed at run time */
	EXIT_USAGE = 2,	  /* wrong usage */
	EXIT_INPUT = 3,	  /* the input has errors */
	EXIT_NOTHING = 4, /* nothing matched, or not attached */
};

#endif
