# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# show.sh - how the demo talks: steps, commands, one progress line on a terminal
# and one line a second elsewhere.

SHOW_BOLD='' SHOW_GREEN='' SHOW_RED='' SHOW_DIM='' SHOW_OFF=''
if [[ -t 1 ]]; then
	SHOW_BOLD=$'\e[1m' SHOW_GREEN=$'\e[1;32m' SHOW_RED=$'\e[1;31m'
	SHOW_DIM=$'\e[2m' SHOW_OFF=$'\e[0m'
fi

show_step() {
	printf '\n%s==> %s%s\n' "$SHOW_BOLD" "$1" "$SHOW_OFF"
}

show_command() {
	printf '    %s# %s%s\n' "$SHOW_DIM" "$1" "$SHOW_OFF"
}

show_line() {
	printf '    %s\n' "$1"
}

show_indent() {
	sed 's/^/    /'
}

show_good() {
	printf '%s%s%s\n' "$SHOW_GREEN" "$1" "$SHOW_OFF"
}

show_bad() {
	printf '%s%s%s\n' "$SHOW_RED" "$1" "$SHOW_OFF"
}

# show_progress DONE ALL TEXT
show_progress() {
	local bar=32 full i line=''

	full=$(($1 * bar / $2))
	for ((i = 0; i < bar; i++)); do
		if ((i < full)); then
			line+='#'
		else
			line+='.'
		fi
	done
	line=$(printf '[%s] %5d of %d calls done; %s' "$line" "$1" "$2" "$3")
	if [[ -t 1 ]]; then
		printf '\r    %-90s' "$line"
	else
		printf '    %s\n' "$line"
	fi
}

show_progress_end() {
	[[ ! -t 1 ]] || echo
}

show_topology() {
	cat <<-EOT

		sipxdp: SIP calls dispatched inside the kernel

		    callers              director                      destinations
		   +----------+   cl0 +------------+ sv0            +- 198.51.100.11
		   | 2 x sipp |-------| XDP    XDP |-----[switch]---+- 198.51.100.12
		   +----------+       +------------+                +- 198.51.100.13 (leaves half-way)
		   192.0.2.20-21   VIP 192.0.2.100:5060             +- 198.51.100.14
		                                                    +- 198.51.100.15
		                                                    +- 198.51.100.16 (joins half-way)

		    Every box is a network namespace of this run; they all vanish when it ends.
	EOT
}
