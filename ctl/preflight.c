// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * preflight.c - looks at the host, its interfaces and their settings; changes none.
 */
#include "preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "output.h"
#include "resolve.h"
#include "uri.h"

#define PREFLIGHT_KERNEL_MAJOR 6
#define PREFLIGHT_KERNEL_MINOR 1

static int preflight_kernel(void)
{
	int major, minor;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return -ENOSYS;
	if (major > PREFLIGHT_KERNEL_MAJOR || (major == PREFLIGHT_KERNEL_MAJOR && minor >= PREFLIGHT_KERNEL_MINOR))
		return 0;
	output_error("kernel %s is too old; remedy: boot a kernel of %d.%d or newer", u.release, PREFLIGHT_KERNEL_MAJOR,
		     PREFLIGHT_KERNEL_MINOR);
	return -ENOSYS;
}

int preflight_host(const char *bpffs)
{
	struct statfs fs;
	int err;

	if (geteuid()) {
		output_error("needs root (BPF programs and interfaces); remedy: run it with sudo");
		return -EPERM;
	}
	err = preflight_kernel();
	if (err)
		return err;
	if (!statfs(bpffs, &fs) && fs.f_type == BPF_FS_MAGIC)
		return 0;
	output_error("no BPF file system at %s; remedy: mount -t bpf bpf %s, or name another place with --bpffs", bpffs,
		     bpffs);
	return -ENOENT;
}

/* Reads one flag below /proc/sys/net; -1 where there is none. */
static int preflight_sysctl(const char *family, const char *interface, const char *name)
{
	char path[128], value = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (read(fd, &value, 1) != 1)
		value = 0;
	close(fd);
	return value == '1';
}

/* The kernel's routing refuses to route for an interface that does not forward, also for the program. */
static int preflight_forwarding(const char *interface, bool ip6)
{
	const char *family = ip6 ? "ipv6" : "ipv4";
	int on = preflight_sysctl(family, interface, "forwarding");

	if (on > 0)
		return 0;
	if (on < 0) {
		output_error("%s has no %s; remedy: give it an address of that family", interface,
			     ip6 ? "IPv6" : "IPv4");
		return -ENETDOWN;
	}
	/* '/' separates: names of VLAN interfaces have dots */
	if (ip6)
		output_error(
			"%s does not forward IPv6; remedy: sysctl -w net/ipv6/conf/%s/forwarding=1, with net/ipv6/conf/%s/"
			"accept_ra=2 where its routes come by router advertisements (a router ignores them), and a "
			"firewall policy for FORWARD, since the host now routes between its interfaces",
			interface, interface, interface);
	else
		output_error(
			"%s does not forward IPv4; remedy: sysctl -w net/ipv4/conf/%s/forwarding=1, and a firewall policy "
			"for FORWARD, since the host now routes between its interfaces",
			interface, interface);
	return -EACCES;
}

static int preflight_is_up(const char *name)
{
	struct ifreq req = { 0 };
	int up, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	up = !ioctl(fd, SIOCGIFFLAGS, &req) && (req.ifr_flags & IFF_UP);
	close(fd);
	return up;
}

static int preflight_program(const struct record_interface *f)
{
	char name[16];
	__u32 id;
	int err = bpf_link_query(f->ifindex, name, &id);

	if (err || !id)
		return err;
	if (!strcmp(name, "xdp_dispatch") || !strcmp(name, "xdp_spread"))
		output_error(
			"%s has a sipxdp program already (id %u); remedy: dispatchctl reload to change its list, or "
			"dispatchctl detach with the --instance it belongs to",
			f->name, id);
	else
		output_error(
			"%s has an XDP program of somebody else, %s (id %u); remedy: take it off (ip link set dev %s xdp "
			"off; bpftool net show tells whose it is)",
			f->name, name, id, f->name);
	return -EBUSY;
}

static int preflight_interface(struct record_interface *f, bool ip4, bool ip6)
{
	int err;

	f->ifindex = if_nametoindex(f->name);
	if (!f->ifindex) {
		output_error("there is no interface %s; `ip link` lists them", f->name);
		return -ENODEV;
	}
	if (!preflight_is_up(f->name)) {
		output_error("%s is down; remedy: ip link set dev %s up", f->name, f->name);
		return -ENETDOWN;
	}
	/* the kernel's own stack sends from here, too: nothing is forwarded */
	if (f->mode == BPF_XDP_OFF)
		return 0;
	err = preflight_program(f);
	if (!err && ip4)
		err = preflight_forwarding(f->name, false);
	if (!err && ip6)
		err = preflight_forwarding(f->name, true);
	return err;
}

static int preflight_listeners(const struct record *r)
{
	char at[URI_ENDPOINT_SIZE];
	struct resolver host;
	size_t i;
	int err = resolve_host(&host, false);

	if (err) {
		output_error("cannot read the addresses of this host: %s", strerror(-err));
		return err;
	}
	for (i = 0; i < r->n_listeners; i++)
		if (!host.is_local(host.ctx, &r->listener[i].at.ip))
			output_warn(
				"listener %s is not an address of this host; right for a standby, else traffic never comes",
				uri_endpoint_text(&r->listener[i].at, at));
	resolve_host_free(&host);
	return 0;
}

static bool preflight_is_address(const struct ds_addr *ip)
{
	static const struct ds_addr none;

	return memcmp(ip, &none, sizeof(none)) != 0;
}

int preflight_record(struct record *r)
{
	bool ip4 = false, ip6 = false;
	int one, err = 0;
	size_t i, k;

	for (i = 0; i < r->n_listeners; i++) {
		if (r->listener[i].mode == DS_MODE_SHIELD)
			continue;
		ip4 |= uri_is_ip4(&r->listener[i].at.ip) || preflight_is_address(&r->listener[i].tunnel[0]);
		ip6 |= !uri_is_ip4(&r->listener[i].at.ip) || preflight_is_address(&r->listener[i].tunnel[1]);
	}
	for (i = 0; i < r->n_interfaces; i++) {
		one = preflight_interface(&r->interface[i], ip4, ip6);
		for (k = 0; k < i && !one; k++)
			if (r->interface[k].ifindex == r->interface[i].ifindex) {
				output_error("interface %s is named twice", r->interface[i].name);
				one = -EINVAL;
			}
		err = err ? err : one;
	}
	return err ? err : preflight_listeners(r);
}

void preflight_say_link(const struct record_interface *f, enum bpf_xdp_mode asked, int err)
{
	const char *log = bpf_log();

	switch (err) {
	case -ERANGE:
		output_error(
			"the MTU of %s, or of a veth's peer, is too large for XDP in native mode; remedy: ip link set dev %s "
			"mtu 1500 (on both ends of a veth), or --xdp generic",
			f->name, f->name);
		break;
	case -EBUSY:
	case -EEXIST:
		output_error("%s has an XDP program already; `bpftool net show` tells whose", f->name);
		break;
	case -EOPNOTSUPP:
		output_error("the driver of %s cannot do XDP%s", f->name,
			     asked == BPF_XDP_NATIVE ? " in native mode; remedy: --xdp generic" : "");
		break;
	default:
		output_error("cannot attach to %s: %s%s%s", f->name, strerror(-err), *log ? "\n" : "", log);
	}
}
