# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# report.sh - the table at the end of the demo.

report_calls() {
	local n name note

	printf '    %-24s %9s %9s %9s %9s\n' "Calls per destination" begun good failed resent
	for n in "${ALL[@]}"; do
		name=uas$n
		note=
		[[ $n == "$REMOVED" ]] && note="left half-way; its calls ended here"
		[[ $n == "$ADDED" ]] && note="joined half-way"
		printf '    %-24s %9d %9d %9d %9d  %s\n' "$(lab_ip 4 dest "$n"):5060" \
			"$(sipp_stat "$name" TotalCallCreated)" "$(sipp_stat "$name" 'SuccessfulCall(C)')" \
			"$(sipp_stat "$name" 'FailedCall(C)')" "$(sipp_stat "$name" 'Retransmissions(C)')" "$note"
	done
	printf '    %-24s %9d %9d %9d %9d\n' "The two callers" \
		"$(sipp_sum TotalCallCreated uac1 uac2)" "$(sipp_sum 'SuccessfulCall(C)' uac1 uac2)" \
		"$(sipp_sum 'FailedCall(C)' uac1 uac2)" "$(sipp_sum 'Retransmissions(C)' uac1 uac2)"
}

# What the answerers and callers say is one side, what sipxdp counted the other.
report_messages() {
	local name count

	echo
	printf '    %-24s %9s\n' "Messages by method" counted
	for name in invite ack bye cancel options register other 1xx 2xx 3xx 4xx 5xx 6xx; do
		count=$(counters_sum list "$name")
		((${count:-0} == 0)) || printf '    %-24s %9d\n' "${name^^}" "$count"
	done
	printf '    %-24s %9s\n' "Messages by path" counted
	printf '    %-24s %9s\n' "fast (sent on by XDP)" "$(report_counter forward)"
	printf '    %-24s %9s\n' "passed to the kernel" "$(report_counter pass)"
	printf '    %-24s %9s\n' "dropped" "$(counters_lost)"
}

report_counter() {
	local count

	count=$(counters_sum stats "$1")
	echo "${count:--}"
}

report_moved() {
	local failed

	failed=$(sipp_sum 'FailedCall(C)' uac1 uac2)
	echo
	printf '    Live reload: %d calls were up, %d failed; %d of them were on the destination that\n' \
		"$UP" "$failed" "$UP_REMOVED"
	printf '    left and ended there. New Call-IDs that go elsewhere now: %s %% of %d (at least\n' \
		"$MOVED" "$MESSAGES"
	printf '    %s %% have to: those of the one that left and those for the one that joined).\n' \
		"$MOVED_LEAST"
}

report_time() {
	echo
	if [[ -n $COLD ]]; then
		printf '    ns per packet as it ran (cold caches, kernel clock): %s, mean of %s packets\n' \
			"${COLD% *}" "${COLD#* }"
	else
		printf '    ns per packet as it ran (cold): not measured\n'
	fi
	if [[ -n $HOT ]]; then
		printf '    ns per packet by test run (hot caches, one packet again and again): request %s, response %s\n' \
			"${HOT% *}" "${HOT#* }"
	else
		printf '    ns per packet by test run (hot): not measured\n'
	fi
}

report_all() {
	report_calls
	report_messages
	report_moved
	report_time
}
