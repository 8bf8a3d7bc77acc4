// SPDX-License-Identifier: GPL-2.0-or-later
/* The dispatcher with a map of the same size whose fields mean something else: an upgrade to it has to be refused. */
#define call_idle_s call_limit_s

#include "../../bpf/dispatch.bpf.c"
