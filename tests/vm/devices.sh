#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# devices.sh - calls over what the running kernel need not have, on the kernel that Debian 12 packages, in a virtual machine
# without KVM: VLAN devices, two tags to the client and one of 802.1Q or 802.1ad to destinations, in the modes proxy and nat, and destinations
# behind the kernel's own tunnel device in mode ipip. One line for each: ok NAME, or not ok NAME.
set -euo pipefail

VM_WHO=devices
. "$(dirname "$0")/machine.sh"
PACKAGE=${DEVICES_KERNEL:-linux-image-cloud-amd64}
LIMIT=${DEVICES_LIMIT:-1800}

mkdir -p "$VM"
dir=$(fetch "$PACKAGE")
image_begin "$dir" veth 8021q ipip
for name in ethtool sipp; do
	program "$(PATH=$PATH:/usr/sbin:/sbin command -v "$name")" "/sbin/$name"
done
program "$TOP/build/dispatchctl" /sbin/dispatchctl
install -D "$TOP/build/tests/pass.bpf.o" "$root/sipxdp/build/tests/pass.bpf.o"
for name in uac uas; do
	# with times of a slow machine
	sed 's/"T1"/"4000"/; s/HOLD_MIN/200/; s/HOLD_MAX/400/' "$TOP/tests/sipp/$name.xml" >"$root/sipxdp/$name.xml"
done
image_end "$TOP/tests/vm/devices.run"
log=$VM/devices.log
start "$dir" "$LIMIT" -accel tcg,thread=multi -smp 2 >"$log"
sed -n 's/\r$//; /^\(not \)\?ok devices-/p' "$log"
if (($(grep -c '^ok devices-' "$log") != 3)) || ! grep -q '^machine: end' "$log"; then
	die "not all calls were good, see $log"
fi
