// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach.c - makes an instance: everything, or nothing.
 */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "exit.h"
#include "neigh.h"
#include "output.h"
#include "preflight.h"

/* The calls table has a power of two of buckets. */
static __u32 attach_buckets(__u32 calls)
{
	__u32 buckets = 1;

	while (buckets * DS_CALLS_WAYS < calls)
		buckets *= 2;
	return buckets;
}

/* Makes the directory ours. What an attach left that was cut off is taken away. */
static int attach_claim(struct publish *p)
{
	struct record old;
	int err = instance_create(&p->inst);

	if (!err) {
		err = record_load(&old, &p->inst);
		if (!err || err == -EPROTO) {
			output_error(
				"instance %s is attached already; remedy: dispatchctl reload, or another --instance",
				p->inst.name);
			return EXIT_FAILED;
		}
		if (publish_remove(p, true))
			return EXIT_FAILED;
		instance_unlock(&p->inst);
		err = instance_create(&p->inst);
	}
	if (err)
		output_error("cannot use %s: %s", p->inst.dir, strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

/* Failover and parallel may come by a reload, too. */
static __u32 attach_stored(const struct record *r)
{
	size_t i;

	for (i = 0; i < r->n_listeners; i++)
		if (r->listener[i].failover.tries || record_forks(r, i))
			return DS_STORED_MAX;
	return DS_STORED_MIN;
}

static int attach_load(struct publish *p, __u32 calls)
{
	struct cpu_list spread;
	char pin[PATH_MAX];
	const char *why;
	int err = cpu_list_read(p->rec.spread, &spread, &why);

	if (err || cpu_list_offline(&spread) >= 0) {
		output_error("cannot spread packets over CPUs '%s': %s", p->rec.spread,
			     err ? why : "one of them is not online; remedy: CPUs of /sys/devices/system/cpu/online");
		return EXIT_FAILED;
	}
	err = bpf_inst_load(&p->bpf, attach_buckets(calls), attach_stored(&p->rec), &spread);
	if (err) {
		output_error("cannot load the program: %s%s%s", strerror(-err), *bpf_log() ? "\n" : "", bpf_log());
		return EXIT_FAILED;
	}
	err = bpf_inst_pin(&p->bpf, p->inst.dir);
	if (!err) {
		p->keys = bpf_keys_create("neighbours", sizeof(struct neigh), DS_DESTS_MAX);
		err = p->keys < 0 ? p->keys : bpf_fd_pin(p->keys, instance_pin(&p->inst, "maps", "neighbours", pin));
	}
	if (!err)
		return EXIT_OK;
	output_error("cannot pin to %s: %s", p->inst.dir, strerror(-err));
	return EXIT_FAILED;
}

static int attach_listeners(struct publish *p)
{
	const struct record *r = &p->rec;
	struct ds_listener *l;
	char text[URI_ENDPOINT_SIZE];
	__u32 i;
	int err = 0;

	for (i = 0; i < r->n_listeners && !err; i++) {
		l = &p->bpf.listeners[i];
		l->at = r->listener[i].at;
		l->is_ip6 = !uri_is_ip4(&l->at.ip);
		uri_endpoint_text(&l->at, text);
		memcpy(l->tunnel, r->listener[i].tunnel, sizeof(l->tunnel));
		l->sent_by_len = strlen(text);
		memcpy(l->sent_by, text, l->sent_by_len);
		p->bpf.state->has_nat |= r->listener[i].mode == DS_MODE_NAT;
		err = bpf_put(&p->bpf, BPF_MAP_listener_ids, &l->at, &i);
	}
	if (err)
		output_error("cannot publish the listeners: %s", strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

static int attach_links(struct publish *p)
{
	char dir[PATH_MAX], pin[PATH_MAX], name[12];
	struct record_interface *f;
	enum bpf_xdp_mode asked;
	__u32 generic = 0;
	size_t i;
	int err;

	snprintf(dir, sizeof(dir), "%s/links", p->inst.dir);
	if (mkdir(dir, 0700)) {
		output_error("cannot make %s: %s", dir, strerror(errno));
		return EXIT_FAILED;
	}
	/* until it is known that none became generic: the first packets come before the last link */
	p->bpf.state->generic = 1;
	for (i = 0; i < p->rec.n_interfaces; i++) {
		f = &p->rec.interface[i];
		asked = f->mode;
		if (asked == BPF_XDP_OFF)
			continue;
		snprintf(name, sizeof(name), "%u", f->ifindex);
		err = bpf_link_attach(&p->bpf, f->ifindex, instance_pin(&p->inst, "links", name, pin), &f->mode);
		if (err) {
			preflight_say_link(f, asked, err);
			return EXIT_FAILED;
		}
		if (asked == BPF_XDP_AUTO && f->mode == BPF_XDP_GENERIC)
			output_warn("%s: native XDP is not to be had here, attached in generic mode, which is slower",
				    f->name);
		generic |= f->mode == BPF_XDP_GENERIC;
	}
	p->bpf.state->generic = generic;
	return EXIT_OK;
}

/* From the claim on, all or nothing. */
static int attach_all(struct publish *p, __u32 calls, const __u64 key[2])
{
	int code = attach_load(p, calls);

	if (!code) {
		memcpy(p->bpf.state->key, key, sizeof(p->bpf.state->key));
		code = publish_plan(p, false);
	}
	if (!code)
		code = attach_listeners(p);
	if (!code)
		code = publish_apply(p);
	if (!code)
		code = attach_links(p);
	if (!code)
		code = publish_store(p);
	if (!code && publish_is_signalled()) {
		output_error("stopped, everything is taken back");
		code = EXIT_FAILED;
	}
	return code;
}

int attach_make(struct publish *p, __u32 calls, const __u64 key[2])
{
	int code = attach_claim(p);

	if (code)
		return code;
	code = attach_all(p, calls, key);
	if (code)
		publish_remove(p, true);
	return code;
}
