#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# live.sh - live frames through every way of directing them: a Markdown table on stdout, and in build/bench/ the rounds
# (live.tsv), medians with their spread (live.json) and plots (live-*.svg, .png). BENCH_QUICK=1: one short round.
# live.sh --table DIR ROUNDS MS: the table of the rounds in DIR/live.tsv.
# live.sh --keep: copies the last run's files to tests/bench/results/, where README.md shows them.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/plot.sh
OUT=build/bench
ROUNDS=5
WINDOW_MS=60

keep() {
	[[ -s $OUT/live.json ]] || {
		echo "bench: no results in $OUT; remedy: make bench" >&2
		exit 1
	}
	mkdir -p tests/bench/results
	cp "$OUT"/{hot,live}.{md,json} "$OUT"/live.tsv "$OUT"/{hot,live}-*.{svg,png} tests/bench/results/
	[[ ! -s $OUT/vm/live.md ]] || cp "$OUT/vm/live.md" tests/bench/results/live-vm.md
}

# What it was measured on, as tab separated names and values.
machine() {
	printf 'cpu\t%s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	printf 'cpus\t%s\n' "$(nproc)"
	printf 'kernel\t%s\n' "$(uname -r | sed 's,-.*,,')"
	printf 'compiler\t%s\n' "$(sed -n '1s/ .*//p' build/clang.stamp)"
	printf 'kamailio\t%s\n' "$(kamailio -v | sed -n '1s/^version: //p')"
	printf 'date\t%s\n' "$(date -u +%Y-%m-%d)"
	printf 'command\t%s\n' "make bench"
	printf 'rounds\t%s\n' "$ROUNDS"
	printf 'window\t%s ms\n' "$WINDOW_MS"
}

# case, then median, least and most of rate, CPU time, p50, p99, p99.9; in the order of the run. 0 is "not known".
medians() {
	awk -F '\t' -v OFS='\t' '
		function sorted(name, column,    i, j, v, n) {
			n = 0
			for (i = 1; i <= count[name]; i++)
				if (value[name, column, i] > 0)
					s[++n] = value[name, column, i]
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && s[j] < s[j - 1]; j--) {
					v = s[j]; s[j] = s[j - 1]; s[j - 1] = v
				}
			return n
		}
		!($2 in count) { order[++cases] = $2 }
		{
			count[$2]++
			for (c = 3; c <= 7; c++)
				value[$2, c, count[$2]] = $c + 0
		}
		END {
			for (k = 1; k <= cases; k++) {
				line = order[k]
				for (c = 3; c <= 7; c++) {
					n = sorted(order[k], c)
					line = n ? line OFS s[int((n + 1) / 2)] OFS s[1] OFS s[n] : line OFS 0 OFS 0 OFS 0
				}
				print line
			}
		}' "$OUT/live.tsv"
}

# The floor is that of all that goes on to another interface.
table() {
	echo "Live frames of 700 octets over veth, 1,024 calls by turns: sent on one CPU, directed on another. Packets/s at a"
	echo "loss below 0.1 % (in one of four tries of $WINDOW_MS ms, of Kamailio five times as long), CPU time of the director at"
	echo "that rate, latency at half of it. Medians of $ROUNDS rounds, least - most."
	echo
	echo "| | packets/s | of the floor | CPU ns/packet | x floor | p50 µs | p99 µs | p99.9 µs | p99 x floor |"
	echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
	awk -F '\t' '
		function us(ns) { return ns ? sprintf("%.1f", ns / 1000) : "-" }
		function times(v, f) { return v && f ? sprintf("%.2f", v / f) : "-" }
		{ row[NR] = $0 }
		/^floor: route/ { split($0, f, "\t") }
		END {
			for (i = 1; i <= NR; i++) {
				split(row[i], r, "\t")
				printf "| %s | %d (%d - %d) | %s | %d (%d - %d) | %s | %s | %s | %s | %s |\n", r[1], r[2], r[3], r[4],
					times(r[2], f[2]), r[5], r[6], r[7], times(r[5], f[5]), us(r[8]), us(r[11]), us(r[14]),
					times(r[11], f[11])
			}
		}' "$OUT/live.medians"
}

# CPU, then median, least and most of its ns.
spread_medians() {
	sort -t $'\t' -k2,2 -k3,3n "$OUT/spread.tsv" | awk -F '\t' -v OFS='\t' '
		{ name[$2]; s[$2, ++n[$2]] = $3 }
		END {
			for (k in name)
				print k, s[k, int((n[k] + 1) / 2)], s[k, 1], s[k, n[k]]
		}' | sort
}

# What of many CPUs is for those that packets are for, one feeds so many of them.
spread_table() {
	echo "A proxy request that is spread (\`--spread\`), when more come than can be served:"
	echo
	echo "| | CPU ns/packet | packets/s of one such CPU |"
	echo "|---|---:|---:|"
	awk -F '\t' '{ printf "| %s | %d (%d - %d) | %d |\n", $1, $2, $3, $4, 1e9 / $2 }' "$OUT/spread.medians"
	awk -F '\t' '/comes in on/ { in_ns = $2 } /it is for/ { for_ns = $2 }
		END { printf "\nOne CPU that packets come in on can feed %.1f CPUs.\n", for_ns / in_ns }' "$OUT/spread.medians"
}

json() {
	jq -Rn --rawfile machine "$OUT/machine.tsv" --rawfile spread "$OUT/spread.medians" '
		{
			machine: ($machine | split("\n") | map(select(. != "") | split("\t") | {(.[0]): .[1]}) | add),
			spread_cpu_ns_per_packet: ($spread | split("\n") | map(select(. != "") | split("\t") |
				{(.[0]): {median: (.[1] | tonumber), least: (.[2] | tonumber), most: (.[3] | tonumber)}}) | add),
			results: [inputs | split("\t") | {
				name: .[0],
				values: (.[1:] | map(tonumber) | . as $v |
					["packets_per_second", "cpu_ns_per_packet", "p50_ns", "p99_ns", "p999_ns"] | to_entries |
					map({(.value): (if $v[3 * .key] == 0 then null else
						{median: $v[3 * .key], least: $v[3 * .key + 1], most: $v[3 * .key + 2]} end)}) | add)
			}]
		}' "$OUT/live.medians"
}

# plot NAME TITLE COLUMN SCALE UNIT FROM: bars from there on (not from 0: logarithmic) of a median with its spread, as SVG and PNG.
plot() {
	plot_write "$OUT/live-$1" <<-EOF
		set title "$2"
		set style fill solid 0.7
		set boxwidth 0.7
		set grid x
		set yrange [:] reverse
		set xrange [$6:*]
		$([[ $6 == 0 ]] || echo "set logscale x")
		ours(name) = name[1:6] eq "sipxdp" ? 0xc0632b : 0x3b6ea8
		set xlabel "$5"
		unset key
		set lmargin 40
		set offsets 0, 0, 0.7, 0.7
		plot "$OUT/live.medians" using ($6):0:($6):(\$$3/$4):(\$0-0.35):(\$0+0.35):(ours(strcol(1))):ytic(1) with boxxyerror lc rgb variable, \
			"" using (\$$3/$4):0:(\$$(($3 + 1))/$4):(\$$(($3 + 2))/$4) with xerrorbars lc rgb "#222222" pt 0
	EOF
}

[[ ${1:-} != --keep ]] || {
	keep
	exit
}
[[ ${1:-} != --table ]] || {
	OUT=$2
	ROUNDS=$3
	WINDOW_MS=$4
	medians >"$OUT/live.medians"
	table
	exit
}
[[ -z ${BENCH_QUICK:-} ]] || {
	ROUNDS=1
	WINDOW_MS=20
}
mkdir -p "$OUT"
machine >"$OUT/machine.tsv"
build/tests/bench/live "$ROUNDS" "$WINDOW_MS" "${BENCH_ONLY:-}" >"$OUT/live.tsv"
build/tests/bench/live "$ROUNDS" "$WINDOW_MS" spread >"$OUT/spread.tsv"
medians >"$OUT/live.medians"
spread_medians >"$OUT/spread.medians"
{
	sed 's/\t/: /; s/^/- /' "$OUT/machine.tsv"
	echo
	table
	echo
	spread_table
} | tee "$OUT/live.md"
json >"$OUT/live.json"
plot rate "Packets per second at a loss below 0.1 %" 2 1e6 "million packets/s" 0
plot cpu "CPU time of the director" 5 1 "ns per packet" 0
plot latency "Added latency at half load, p99" 11 1000 "microseconds" 1
echo "written: $OUT/live.md, live.json, live-rate.svg, live-cpu.svg, live-latency.svg, and as .png"
