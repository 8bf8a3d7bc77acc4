#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hot.sh - the bench by test run for every compiler whose objects are built, pinned to the last CPU: Markdown on stdout, and
# in build/bench/ the same as hot.md, with hot.json and plots of cost by size and by scale (hot-*.svg, .png).
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/plot.sh
OUT=build/bench

# rows COLUMNS: those rows of Markdown tables on stdin that have so many columns and are not a head, tab separated.
rows() {
	awk -v columns="$1" '
		/^\|/ {
			row = $0
			gsub(/^\| *| *\|$/, "", row)
			n = split(row, v, / *\| */)
			if (n != columns || v[n] !~ /^[-+0-9]/ || v[n] ~ /^-+:?$/)
				next
			line = v[1]
			for (i = 2; i <= n; i++)
				line = line "\t" v[i]
			print line
		}'
}

json() {
	jq -n --rawfile hot "$OUT/hot.tsv" --rawfile scale "$OUT/scale.tsv" --rawfile verified "$OUT/verified.tsv" \
		--arg machine "$machine" '
		def lines($text): $text | split("\n") | map(select(. != "") | split("\t"));
		{
			machine: $machine,
			hot: lines($hot) | map({compiler: .[0], what: .[1], octets: (.[2] | tonumber), ns: (.[3] | tonumber),
				times_floor: (.[4] | tonumber)}),
			scale: lines($scale) | map({what: .[0], n: (.[1] | tonumber), ns: (.[2] | tonumber),
				times_floor: (.[3] | tonumber), more_percent: (.[4] | rtrimstr(" %") | ltrimstr("+") | tonumber)}),
			verified: lines($verified) | map({compiler: .[0], program: .[1], instructions: (.[2] | tonumber)})
		}'
}

# curves FILE TITLE XLABEL YLABEL NAME...: one curve for each name in FILE.tsv: name, x, y.
curves() {
	local file=$1 title=$2 x=$3 y=$4 name plots=()

	shift 4
	for name in "$@"; do
		plots+=("'< grep -F \"$name\" $file.tsv' using 2:3 with linespoints lw 2 pt 7 title \"$name\"")
	done
	plot_write "$file" <<-EOF
		set title "$title"
		set xlabel "$x"
		set ylabel "$y"
		set grid
		set key outside bottom center horizontal maxcols 2
		set yrange [0:*]
		${LOG_X:+set logscale x}
		plot $(IFS=,; echo "${plots[*]}")
	EOF
}

objects=()
for dir in build/clang[0-9]*; do
	[[ ! -f $dir/dispatch.bpf.o ]] || objects+=("${dir#build/}")
done
((${#objects[@]})) || {
	echo "bench: no objects in build/clang*; remedy: make bench" >&2
	exit 1
}
mkdir -p "$OUT"
machine="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), kernel $(uname -r | sed "s/-.*//")"
cpu=$(($(nproc) - 1))
{
	echo "$machine"
	taskset -c "$cpu" build/tests/bench/bench "${objects[@]}"
	echo
	taskset -c "$cpu" build/tests/bench/scale "${objects[0]}"
} | tee "$OUT/hot.md"
rows 5 <"$OUT/hot.md" | grep '^clang' >"$OUT/hot.tsv"
rows 5 <"$OUT/hot.md" | grep -v '^clang' >"$OUT/scale.tsv"
rows 3 <"$OUT/hot.md" >"$OUT/verified.tsv"
json >"$OUT/hot.json"
awk -F '\t' -v OFS='\t' -v c="${objects[0]}" '$1 == c && $2 !~ /before|^floor|^request$|^response$/ { print $2, $3, $5 }' \
	"$OUT/hot.tsv" >"$OUT/hot-size.tsv"
curves "$OUT/hot-size" "Cost by size of the message, ${objects[0]}" "octets" "times the floor" \
	"parse only" "nat request, affinity hash, next hop cached" "proxy request, affinity hash, next hop cached" \
	"proxy request, known call, next hop cached" "proxy response, affinity hash" "proxy response, known call"
awk -F '\t' -v OFS='\t' '$1 !~ /^CPUs/ { print $1, $2 ? $2 : 1, $4 }' "$OUT/scale.tsv" >"$OUT/hot-scale.tsv"
LOG_X=1 curves "$OUT/hot-scale" "Cost of a proxy request by scale, ${objects[0]}" "how many" "times the floor" \
	"members of the set" "routes of the listener" "calls in the table"
rm -f "$OUT"/hot.tsv "$OUT"/scale.tsv "$OUT"/verified.tsv "$OUT"/hot-size.tsv "$OUT"/hot-scale.tsv
