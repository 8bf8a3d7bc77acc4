#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# live.sh - live frames beside what the running kernel need not have: IPVS with its SIP persistence engine, the kernel's
# own forwarding and nftables with it, on the kernel that Debian 12 packages, in a virtual machine with two CPUs and
# without KVM. What is emulated has no caches to miss and no mispredicted returns: compare ratios, and with care. Table and
# rounds: build/bench/vm/.
set -euo pipefail

VM_WHO=bench-vm
. "$(dirname "$0")/machine.sh"
PACKAGE=${BENCH_KERNEL:-linux-image-cloud-amd64}
LIMIT=${BENCH_LIMIT:-3000}
ROUNDS=${BENCH_ROUNDS:-3}
WINDOW_MS=300
OUT=$TOP/build/bench/vm

mkdir -p "$VM" "$OUT"
dir=$(fetch "$PACKAGE")
image_begin "$dir" veth sch_ingress cls_bpf ip_vs ip_vs_rr ip_vs_pe_sip nf_tables nft_chain_nat nft_nat nft_hash
for name in ethtool nft ipvsadm; do
	program "$(PATH=$PATH:/usr/sbin:/sbin command -v "$name")" "/sbin/$name"
done
program "$TOP/build/tests/bench/live" /sipxdp/build/tests/bench/live
for object in dispatch.bpf.o tests/bench.bpf.o tests/live.bpf.o; do
	install -D "$TOP/build/$object" "$root/sipxdp/build/$object"
done
echo "$ROUNDS" >"$root/sipxdp/rounds"
echo "$WINDOW_MS" >"$root/sipxdp/window"
image_end "$TOP/tests/vm/live.run"
log=$VM/live.log
start "$dir" "$LIMIT" -accel tcg,thread=multi -smp 2 >"$log"
sed -n 's/\r$//; s/^live: //p' "$log" >"$OUT/live.tsv"
if ! grep -q '	IPVS' "$OUT/live.tsv" || ! grep -q '^machine: end' "$log"; then
	die "the machine did not measure to the end, see $log"
fi
{
	printf -- '- emulated: qemu without KVM, two CPUs\n- kernel: %s\n- command: make bench-vm\n\n' \
		"$(sed -n 's/\r$//; s/^machine: kernel //p' "$log")"
	"$TOP/tests/bench/live.sh" --table "$OUT" "$ROUNDS" "$WINDOW_MS"
} | tee "$OUT/live.md"
