# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# ledger.sh - what the soak's counters and maps say, held against what the soak did. Needs lab.sh and soak.sh's TIMES.

# shellcheck disable=SC2154 # the keys of TIMES are soak.sh's
BPFTOOL=$("$LAB_TOP/scripts/deps.sh" --bpftool)
# Each reason belongs to one of these, or nothing explains it. An answerer that gives up a call sends BYE outward; rubbish
# that looks like SIP may want the slow path.
LEDGER_SOUND="none|not_ours|request|request_route|request_outward|response"
LEDGER_RUBBISH="keepalive|stun|not_sip|bad_[a-z_]*|no_header_end|unanswerable|too_many_hops|slow_too_long|slow_reply|overload"
LEDGER_RESPONSES="via_forged|via_not_ours"
# A neighbour behind a link that was away is asked for again.
LEDGER_FLAPS="slow_neighbour"

# ledger_sum PATH REGEX: the sum of the reasons of that path (fast or slow) that match.
ledger_sum() {
	jq --arg p "$1" --arg r "^($2)\$" \
		'[.paths[] | select(.path == $p).reasons | to_entries[] | select(.key | test($r)).value] | add // 0' \
		"$LAB_DIR/log/soak.stats"
}

# ledger_rest prints every reason, of either path, that nothing explains.
ledger_rest() {
	jq -r --arg r "^($LEDGER_SOUND|$LEDGER_RUBBISH|$LEDGER_RESPONSES|$LEDGER_FLAPS)\$" \
		'[.reasons, .paths[].reasons | to_entries[] | select(.value > 0 and (.key | test($r) | not)) | "\(.key)=\(.value)"] |
			unique | join(" ")' "$LAB_DIR/log/soak.stats"
}

# Packets that have a verdict and no reason, or the other way round.
ledger_uneven() {
	jq '[.paths[] | ([.verdicts[]] | add) - ([.reasons[]] | add)] | map(fabs) | add' "$LAB_DIR/log/soak.stats"
}

# Answerers give no such answers: who sees one sees a spoofed one.
ledger_spoofed() {
	jq '[.paths[].messages.responses | ."4xx", ."5xx"] | add' "$LAB_DIR/log/soak.stats"
}

# Entries of the maps that are no arrays; those of neighbours come and go with the kernel's.
ledger_entries() {
	local map sum=0

	for map in dest_ids listener_ids links vlan_ids route_exact; do
		sum=$((sum + $("$BPFTOOL" -j map dump pinned "/sys/fs/bpf/sipxdp/default/maps/$map" | jq length)))
	done
	echo "$sum"
}

ledger_calls() {
	lab_ctl calls --count
}

# What destinations are said to have of calls, and how many of them there are.
ledger_load() {
	lab_ctl list --json | jq '[.destinations[].load] | add'
}

ledger_dests() {
	lab_ctl list --json | jq '.destinations | length'
}

# ledger_read: of everything, after the last call.
ledger_read() {
	RUBBISH=$(ledger_sum fast "$LEDGER_RUBBISH")
	SPOOFED=$(ledger_sum fast "$LEDGER_RESPONSES")
	SENT_ON=$(ledger_spoofed)
	# what was sent on of the rubbish is a call for us, too
	LIKE_CALLS=$((TIMES[rubbish] - RUBBISH))
	NO_SLOW=$(jq '.verdicts.needs_slow_path' "$LAB_DIR/log/soak.stats")
	NEIGHBOURS=$(ledger_sum fast "$LEDGER_FLAPS")
	REST=$(ledger_rest)
	UNEVEN=$(ledger_uneven)
	LAST_ENTRIES=$(ledger_entries)
	ROWS=$(ledger_calls)
	ROWS_MAX=$((CALLS + 100 + TIMES[dialogs] + LIKE_CALLS))
	LOAD=$(ledger_load)
	LOAD_MAX=$((LOST_DEAD + LIKE_CALLS))
	HELD=$(ledger_dests)
}

ledger_table() {
	row "rubbish that was counted so" "$RUBBISH" "of ${TIMES[rubbish]}, at most"
	row "spoofed responses that were counted so" "$SPOOFED" "of ${TIMES[responses]}, at most"
	row "spoofed responses that were sent on" "$SENT_ON" "must be 0"
	row "packets without a slow path that lives" "$NO_SLOW" "must be 0"
	row "waited for a neighbour, by flaps" "$NEIGHBOURS" allowed
	row "reasons that nothing explains" "${REST:-0}" "must be 0"
	row "verdicts without a reason" "$UNEVEN" "must be 0"
	row "rows in the calls table" "$ROWS" "must be below $ROWS_MAX, what came"
	row "calls that destinations still have" "$LOAD" "must be $LOAD_MAX at most, those that were lost"
	row "destinations that are held" "$HELD" "must be 5 at most"
	row "entries of hash maps: growth" "$((LAST_ENTRIES - FIRST_ENTRIES))" "must be 0 (from $FIRST_ENTRIES)"
}

ledger_good() {
	((RUBBISH <= TIMES[rubbish] && SPOOFED <= TIMES[responses] && SENT_ON == 0 && NO_SLOW == 0 && UNEVEN == 0)) &&
		[[ -z $REST ]] &&
		((ROWS <= ROWS_MAX && LOAD <= LOAD_MAX && HELD <= 5 && LAST_ENTRIES <= FIRST_ENTRIES))
}
