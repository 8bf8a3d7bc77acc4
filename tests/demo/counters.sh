# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# counters.sh - what dispatchctl and the kernel counted, and which share of the new
# Call-IDs the reload moves. Needs lab.sh and the names of demo.sh.

# counters_messages writes MESSAGES INVITEs, each with a Call-ID of its own.
counters_messages() {
	mkdir -p "$LAB_DIR/invite"
	awk -v dir="$LAB_DIR/invite" -v count="$MESSAGES" -v vip="$VIP" 'BEGIN {
		for (i = 1; i <= count; i++) {
			file = sprintf("%s/%05d.sip", dir, i)
			printf "INVITE sip:service@%s SIP/2.0\r\n", vip >file
			printf "Via: SIP/2.0/UDP 192.0.2.20:5061;rport;branch=z9hG4bK-new-%d\r\n", i >file
			printf "Max-Forwards: 70\r\nFrom: <sip:caller@192.0.2.20>;tag=n%d\r\n", i >file
			printf "To: <sip:service@%s>\r\nCall-ID: new-%d@192.0.2.20\r\n", vip, i >file
			printf "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n" >file
			close(file)
		}
	}'
}

# counters_route LIST prints the destination of every message under that list.
counters_route() {
	lab_ctl route --list "$1" --set 1 --algorithm 0 --key-file "$KEY" --json \
		"$LAB_DIR"/invite/*.sip | sed -nE 's/.*"destination": ?"([^"]*)".*/\1/p'
}

# counters_moved sets MOVED to the share of new Call-IDs that the changed list sends
# elsewhere, and MOVED_LEAST to what no dispatcher can avoid: the share of the
# destination that left, since its calls must go somewhere, and that of the new one.
counters_moved() {
	counters_messages
	counters_route "$BEFORE_LIST" >"$LAB_DIR/route.before"
	counters_route "$AFTER_LIST" >"$LAB_DIR/route.after"
	read -r MOVED MOVED_LEAST < <(paste "$LAB_DIR/route.before" "$LAB_DIR/route.after" |
		awk -v old="$(lab_ip 4 dest "$REMOVED"):" -v new="$(lab_ip 4 dest "$ADDED"):" '
			$1 != $2 { moved++ }
			index($1, old) || index($2, new) { least++ }
			END { if (NR) printf "%.1f %.1f\n", 100 * moved / NR, 100 * least / NR }')
	if [[ $(wc -l <"$LAB_DIR/route.before") != "$MESSAGES" || -z $MOVED ]]; then
		LOST+=("dispatchctl route did not answer for all $MESSAGES messages")
		# shellcheck disable=SC2034 # read by report.sh
		MOVED=- MOVED_LEAST=-
	fi
}

# The kernel measures run times only while somebody asks for them by a descriptor,
# as stats --run-time does: no setting of the host is changed.
counters_clock_start() {
	lab_spawn director clock "$LAB_CTL" stats --run-time 4 --json --instance "$INSTANCE"
}

# counters_cold prints "NS RUNS" of the program as it ran; nothing if not measured.
counters_cold() {
	lab_wait clock 6
	jq -r 'select(.packets > 0) | "\(.ns_per_packet | round) \(.packets)"' "$LAB_DIR/log/clock.out" 2>/dev/null
}

# counters_hot prints "REQUEST RESPONSE": ns by test run, one packet again and again.
counters_hot() {
	taskset -c "$(($(nproc) - 1))" "$LAB_TOP/build/tests/bench/bench" --hot 2>/dev/null
}

counters_read() {
	# shellcheck disable=SC2034 # read by report.sh
	COLD=$(counters_cold)
	lab_ctl stats --json --instance "$INSTANCE" >"$LAB_DIR/log/stats.json" 2>&1
	lab_ctl list --json --instance "$INSTANCE" >"$LAB_DIR/log/list.json" 2>&1
	# shellcheck disable=SC2034 # read by report.sh
	HOT=$(counters_hot)
}

# counters_sum FILE NAME: the sum of all numbers of that name, in any case of letters,
# wherever they are in the JSON; nothing if there is none.
counters_sum() {
	jq -r --arg name "$2" '[.. | objects | to_entries[] |
		select((.key | ascii_downcase) == $name) | .value | numbers] |
		if length == 0 then empty else add end' "$LAB_DIR/log/$1.json" 2>/dev/null
}

# A missing counter is no proof that it is 0.
counters_known() {
	[[ -n $(counters_sum stats forward) && -n $(counters_sum stats drop) ]]
}

# counters_lost prints how many datagrams of ours were not sent on.
counters_lost() {
	local verdict total=0 count

	for verdict in drop needs_slow_path; do
		count=$(counters_sum stats "$verdict")
		total=$((total + ${count:-0}))
	done
	echo "$total"
}
