// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf_link.c - attaches the programs to interfaces, runs them by test run and reads how long they ran.
 */
#include "bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int bpf_link_create_mode(int prog, __u32 ifindex, __u32 flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	int fd = bpf_link_create(prog, ifindex, BPF_XDP, &opts);

	return fd < 0 ? -errno : fd;
}

int bpf_link_attach(const struct bpf_inst *b, __u32 ifindex, const char *pin, enum bpf_xdp_mode *mode)
{
	enum bpf_xdp_mode made = *mode == BPF_XDP_GENERIC ? BPF_XDP_GENERIC : BPF_XDP_NATIVE;
	int fd, err;

	fd = bpf_link_create_mode(bpf_version_entry(&b->version), ifindex,
				  made == BPF_XDP_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	/* What generic mode can help: a driver without XDP, or one that has not what native needs. */
	if (*mode == BPF_XDP_AUTO && fd < 0 && fd != -EBUSY && fd != -EEXIST && fd != -EPERM && fd != -ENODEV) {
		made = BPF_XDP_GENERIC;
		fd = bpf_link_create_mode(bpf_version_entry(&b->version), ifindex, XDP_FLAGS_SKB_MODE);
	}
	if (fd < 0)
		return fd;
	*mode = made;
	err = bpf_fd_pin(fd, pin);
	close(fd);
	return err;
}

int bpf_link_replace(const char *pin, int prog, int old)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE, .old_prog_fd = old);
	int err, fd = bpf_obj_get(pin);

	if (fd < 0)
		return -errno;
	err = bpf_link_update(fd, prog, &opts) ? -errno : 0;
	close(fd);
	return err;
}

int bpf_link_stop(const char *pin)
{
	int err, fd = bpf_obj_get(pin);

	if (fd < 0)
		return -errno;
	err = bpf_link_detach(fd) ? -errno : 0;
	close(fd);
	return err;
}

int bpf_link_prog(const char *pin, __u32 *prog_id)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);
	int err, fd = bpf_obj_get(pin);

	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	close(fd);
	*prog_id = info.prog_id;
	return err;
}

int bpf_link_query(__u32 ifindex, char name[16], __u32 *prog_id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd, err;

	name[0] = 0;
	*prog_id = 0;
	err = bpf_xdp_query(ifindex, 0, &opts);
	if (err)
		return err;
	*prog_id = opts.prog_id ? opts.prog_id : opts.skb_prog_id ? opts.skb_prog_id : opts.drv_prog_id;
	if (!*prog_id)
		return 0;
	snprintf(name, 16, "?");
	fd = bpf_prog_get_fd_by_id(*prog_id);
	if (fd < 0)
		return 0;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.name[0])
		snprintf(name, 16, "%s", info.name);
	close(fd);
	return 0;
}

int bpf_stats_read(const struct bpf_inst *b, struct bpf_prog_stats stats[BPF_PROGS])
{
	struct bpf_prog_info info;
	__u32 len;
	int i;

	memset(stats, 0, BPF_PROGS * sizeof(*stats));
	for (i = 0; i < BPF_PROGS; i++) {
		if (b->version.prog[i] < 0)
			continue;
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (bpf_obj_get_info_by_fd(b->version.prog[i], &info, &len))
			return -errno;
		snprintf(stats[i].name, sizeof(stats[i].name), "%s", info.name);
		stats[i].run_time_ns = info.run_time_ns;
		stats[i].run_cnt = info.run_cnt;
	}
	return 0;
}

int bpf_stats_enable(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

int bpf_test_run(const struct bpf_inst *b, struct bpf_test *t)
{
	struct xdp_md ctx = { .data_end = t->in_len, .ingress_ifindex = t->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = t->in, .data_size_in = t->in_len, .data_out = t->out,
		    .data_size_out = t->out_len, .repeat = t->repeat);

	if (t->ifindex) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	if (bpf_prog_test_run_opts(bpf_version_entry(&b->version), &opts))
		return -errno;
	t->out_len = opts.data_size_out;
	t->retval = opts.retval;
	t->duration_ns = opts.duration;
	return 0;
}
