#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# count.sh COMPILER... - how many instructions of x86-64 a packet takes, helpers of the kernel included, as a table: the
# bench by test run in a virtual machine whose clock goes on by a nanosecond with each instruction, so that the same is
# counted every time and everywhere. COMPILER: clang14 and the like, below build/.
set -euo pipefail

VM_WHO=count
. "$(dirname "$0")/machine.sh"
PACKAGE=${COUNT_KERNEL:-linux-image-cloud-amd64}
LIMIT=${COUNT_LIMIT:-900}

[[ $# -gt 0 ]] || die "no COMPILER; remedy: make count"
mkdir -p "$VM"
dir=$(fetch "$PACKAGE")
image_begin "$dir" veth
program "$TOP/build/tests/bench/bench" /sipxdp/build/tests/bench/bench
for compiler in "$@"; do
	for object in dispatch bench; do
		install -D "$TOP/build/$compiler/$object.bpf.o" "$root/sipxdp/build/$compiler/$object.bpf.o"
	done
done
image_end "$TOP/tests/vm/count.run"
log=$VM/count.log
start "$dir" "$LIMIT" -accel tcg -smp 1 -icount shift=0 >"$log"
sed -n 's/\r$//; s/^machine: kernel \(.*\)/kernel \1\n/p; /^|/p' "$log"
if grep -q '^count: failed' "$log" || ! grep -q '^machine: end' "$log"; then
	die "the machine did not count to the end, see $log"
fi
