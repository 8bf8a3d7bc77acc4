#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How a silent host is found, how it comes back, what it costs, and what is said of a slow one: dispatchctl run beside
# the real Kamailio 5.6, with one list and one interval, at the same time on the same hosts. Prints a table.

LAB_DESTS=3
LAB_LIMIT=180
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

SILENT_S=45

kamailio_start() {
	local name=$1 port=$2 dir=$LAB_DIR/$1

	shift 2
	mkdir -p "$dir" /run/kamailio
	lab_spawn director "$name" kamailio -DD -E -m 32 -M 8 -Y "$dir" -w "$dir" -P "$dir/pid" \
		-f "$LAB_TOP/tests/compare/pings.cfg" -A "LISTEN=udp:$(lab_ip 4 inner):$port" \
		-A "LIST=\"$E2E_LIST\"" -A "CTL=\"unixs:$dir/ctl\"" "$@"
}

# FLAGS of destination N as a Kamailio lists them: AP, TP, IP.
kamailio_flags() {
	lab_run director kamcmd -s "unixs:$LAB_DIR/$1/ctl" dispatcher.list 2>/dev/null |
		awk -v uri="sip:$(lab_host 4 dest "$2"):5060" '$1 == "URI:" { hit = $2 == uri } hit && $1 == "FLAGS:" { print $2; exit }'
}

# is_out WHO: destination 2 is not picked from.
is_out() {
	if [[ $1 == sipxdp ]]; then
		[[ $(daemon_health 2) == down ]]
	else
		[[ $(kamailio_flags "$1" 2) == I* ]]
	fi
}

# When each of the three says that destination 2 is out (or back), in ms from now, SECONDS at most: into SEEN.
declare -A SEEN
watch_all() {
	local want=$1 who start end

	SEEN=()
	start=$(date +%s%3N)
	end=$((start + $2 * 1000))
	while (($(date +%s%3N) < end && ${#SEEN[@]} < 3)); do
		for who in sipxdp kamailio tuned; do
			[[ -z ${SEEN[$who]:-} ]] || continue
			if is_out "$who"; then [[ $want == out ]]; else [[ $want == back ]]; fi &&
				SEEN[$who]=$(($(date +%s%3N) - start))
		done
		sleep 0.05
	done
	sleep "$(awk -v ms=$((end - $(date +%s%3N))) 'BEGIN { print (ms > 0 ? ms / 1000 : 0) }')"
}

seconds() {
	[[ -n ${1:-} ]] && awk -v ms="$1" 'BEGIN { printf "%.1f s", ms / 1000 }' || echo "never"
}

packets_from() {
	grep -c "$(lab_ip 4 inner)\.$1 >" "$LAB_DIR/log/silent.out"
}

latency_of() {
	lab_run director kamcmd -s "unixs:$LAB_DIR/$1/ctl" dispatcher.list |
		awk -v uri="sip:$(lab_host 4 dest 3):5060" '$1 == "URI:" { hit = $2 == uri } hit && $1 == "AVG:" { printf "%d ms", $2; exit }'
}

lab_need kamailio:kamailio kamcmd:kamailio tcpdump:tcpdump jq:jq
e2e_begin "$@"
DAEMON_FAMILY=4
DAEMON_PING='interval = "1s" timeout = "3s" fall = 1 rise = 1 interval-max = "5s" socket = "'$(lab_ip 4 inner)':5092"'
lab_list "$E2E_LIST" 4 1 2 3
daemon_conf 4
echo "three destinations, interval 1 s (ours while a host is down: up to 5 s), one failure is enough; $SILENT_S s of silence, then answers again"
sipp_uas 4 1 uas_ping
sipp_uas 4 2 uas_ping
LAB_SIPP=$LAB_TOP/tests/compare sipp_uas 4 3 uas_slow
if ! sipp_ready 1 2 3 || ! daemon_start; then
	lab_die "the lab does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err")"
fi
kamailio_start kamailio 5090
kamailio_start tuned 5091 -A FR_TIMER=3000
daemon_until 2 up 10 || lab_die "the daemon does not see destination 2"
sleep 8
lab_spawn dest2 silent tcpdump -l -n -i eth0 udp dst port 5060
lab_said silent "listening on" || lab_die "no capture"
# before the rule that delivers to local addresses, which is moved behind it
lab_run dest2 ip rule add pref 1 lookup local
lab_run dest2 ip rule add pref 0 iif eth0 ipproto udp dport 5060 blackhole
lab_run dest2 ip rule del pref 0 lookup local
: >"$LAB_DIR/log/silent.out"
watch_all out "$SILENT_S"
out=("$(seconds "${SEEN[sipxdp]:-}")" "$(seconds "${SEEN[kamailio]:-}")" "$(seconds "${SEEN[tuned]:-}")")
sent=("$(packets_from 5092)" "$(packets_from 5090)" "$(packets_from 5091)")
lab_run dest2 ip rule del pref 0 iif eth0 ipproto udp dport 5060 blackhole
watch_all back 12
back=("$(seconds "${SEEN[sipxdp]:-}")" "$(seconds "${SEEN[kamailio]:-}")" "$(seconds "${SEEN[tuned]:-}")")
slow=$(lab_ctl list --json | jq -r --arg a "$(lab_host 4 dest 3):5060" \
	'.destinations[] | select(.address == $a) | .latency.avg_us / 1000 | floor | "\(.) ms"')
row() {
	printf '| %-44s | %10s | %12s | %24s |\n' "$@"
}
row "" sipxdp "Kamailio 5.6" "Kamailio 5.6, fr_timer 3 s"
row "---" "---:" "---:" "---:"
row "a silent host is out after" "${out[@]}"
row "it is back after its first answer can come" "${back[@]}"
row "packets sent to it in $SILENT_S s" "${sent[@]}"
row "average answer of a host that takes 2,300 ms" "$slow" "$(latency_of kamailio)" "$(latency_of tuned)"
e2e_end
