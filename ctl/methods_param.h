/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * methods_param.h - parameters of a method: by name or by place, each of its type, none that is unknown.
 */
#ifndef SIPXDP_CTL_METHODS_PARAM_H
#define SIPXDP_CTL_METHODS_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc.h"

enum methods_type {
	METHODS_TEXT,
	METHODS_NUMBER,
	METHODS_BOOL,
};

struct methods_param {
	const char *name;
	enum methods_type type;
	bool required;
	long long min; /* of a number */
	long long max;
};

/* Entries that several methods have. */
#define METHODS_SELECTOR                                                   \
	{                                                                  \
		.name = "selector", .type = METHODS_TEXT, .required = true \
	}
#define METHODS_DRY_RUN                                 \
	{                                               \
		.name = "dry_run", .type = METHODS_BOOL \
	}

struct methods_value {
	bool given;
	bool yes;
	long long number;
	const char *text; /* borrowed from the request, or digits[] */
	char digits[24];
};

/*
 * Reads params as n entries say, into n values. Returns true, or false after answering the call with RPC_PARAMS, where
 * the parameter and what was expected are named.
 */
bool methods_param_read(struct rpc_call *call, struct json_t *params, const struct methods_param *param, size_t n,
			struct methods_value *value);

#define METHODS_READ(call, params, param, value) \
	methods_param_read(call, params, param, sizeof(param) / sizeof(*(param)), value)

/*
 * The same as Kamailio takes them: numbers may be texts and texts numbers, null is as left out, and the answer to what
 * is wrong is its "500 Invalid Parameters" with the reason.
 */
bool methods_param_read_loose(struct rpc_call *call, struct json_t *params, const struct methods_param *param, size_t n,
			      struct methods_value *value);

#endif
