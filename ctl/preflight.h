/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preflight.h - what must hold before anything is touched. Each check says what is wrong and the remedy.
 */
#ifndef SIPXDP_CTL_PREFLIGHT_H
#define SIPXDP_CTL_PREFLIGHT_H

#include "record.h"

/* Root, kernel, BPF file system. Returns 0 or -errno after saying why. */
int preflight_host(const char *bpffs);

/*
 * The interfaces and listeners of a record whose interface names are filled in; fills in their indexes. All that is wrong
 * is said. Returns 0 or -errno.
 */
int preflight_record(struct record *r);

/* Says why a link could not be attached, and the remedy. */
void preflight_say_link(const struct record_interface *f, enum bpf_xdp_mode asked, int err);

#endif
