// SPDX-License-Identifier: GPL-2.0-or-later
/* The dispatcher with a map of another size: an upgrade to it has to be refused. */
#include "abi.h"

#undef DS_SETS_MAX
#define DS_SETS_MAX 8192

#include "../../bpf/dispatch.bpf.c"
