# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# sipp.sh - callers and answerers in the lab. Needs lab.sh.

LAB_SIPP=$LAB_TOP/tests/sipp

# Every sipp gets a control and a media port of its own; two in one namespace
# would otherwise fight for the defaults.
SIPP_NEXT=0
SIPP_COMMON=(-nostdin -trace_err -trace_stat -fd 1 -buff_size 1048576 -t u1)

# T1 and how long calls last, in ms. With the standard's 500 ms a busy test machine
# looks like a loss, hence 2 s.
SIPP_T1=2000
SIPP_HOLD=(50 150)
# So many octets more in the body of every INVITE of callers and 200 of answerers: a multiple of 50.
SIPP_PAD_UAC=0
SIPP_PAD_UAS=0
# Seconds that callers have beyond those that it takes to begin their calls.
SIPP_LONGER=10
# What callers write as their host in Via; empty: their address.
SIPP_SENT_BY=
# 1: this run loses messages on purpose, so the 180 may be missing.
SIPP_LOSSY=0
# What those who fail (uas_fail) answer, and edits of all scenarios (of sed).
SIPP_FAIL="500 Server Internal Error"
SIPP_EDIT=()

# sipp_scenario NAME writes the scenario with this run's times.
sipp_scenario() {
	local edit=(-e "s/\"T1\"/\"$SIPP_T1\"/"
		-e "s/HOLD_MIN/${SIPP_HOLD[0]}/; s/HOLD_MAX/${SIPP_HOLD[1]}/; s/FAIL_STATUS/$SIPP_FAIL/" "${SIPP_EDIT[@]}") pad=$SIPP_PAD_UAC

	[[ $1 == uac* ]] || pad=$SIPP_PAD_UAS
	[[ $1 != uac* || -z $SIPP_SENT_BY ]] || edit+=(-e "s/^ *Via: SIP.2.0.UDP \[local_ip\]/Via: SIP\/2.0\/UDP $SIPP_SENT_BY/")
	if ((pad)); then
		yes "      a=pad:$(printf '%042d' 0)" 2>/dev/null | head -n "$((pad / 50))" >"$LAB_DIR/pad-$1"
		edit+=(-e "/a=rtpmap:8 /r $LAB_DIR/pad-$1")
	fi
	((SIPP_LOSSY == 0)) || edit+=(-e 's/response="180"/& optional="true"/')
	# an answerer whose last 200 is lost more than once must still know the call when BYE comes again
	((SIPP_LOSSY == 0)) || edit+=(-e 's/timewait milliseconds="[0-9]*"/timewait milliseconds="8000"/')
	# sipp takes no INVITE for one sent again once it has answered it twice (180, 200), and would give its call up
	((SIPP_LOSSY == 0)) || edit+=(-e 's/<recv request="\(ACK\|BYE\)"/<recv request="INVITE" optional="true"><\/recv>\n  &/')
	# by rename: the one started before may still be reading it
	sed "${edit[@]}" "$LAB_SIPP/$1.xml" >"$LAB_DIR/$1.xml.new"
	mv "$LAB_DIR/$1.xml.new" "$LAB_DIR/$1.xml"
}

sipp_ports() {
	SIPP_NEXT=$((SIPP_NEXT + 1))
	SIPP_CONTROL=$((8900 + SIPP_NEXT))
	SIPP_MEDIA=$((20000 + SIPP_NEXT * 4))
}

sipp_files() {
	SIPP_FILES=(-message_file "$LAB_DIR/log/$1.messages" -stf "$LAB_DIR/log/$1.csv" -error_file "$LAB_DIR/log/$1.errors")
}

# Where answerers listen that have not their destination's address: the listener's, which it holds too.
SIPP_UAS_HOST=

# sipp_uas 4|6 N [SCENARIO] answers calls on destination N, port 5060.
sipp_uas() {
	local name=uas$2 scenario=${3:-uas}

	sipp_scenario "$scenario"
	sipp_ports
	sipp_files "$name"
	lab_spawn "dest$2" "$name" sipp -sf "$LAB_DIR/$scenario.xml" \
		-i "${SIPP_UAS_HOST:-$(lab_host "$1" dest "$2")}" -p 5060 -l 10000 \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
}

# sipp_uac 4|6 N TARGET CALLS RATE [SCENARIO [VIA-PARAMETERS]]: caller N sends
# CALLS calls at RATE per second to TARGET (host:port).
sipp_uac() {
	local name=uac$2 scenario=${6:-uac}

	sipp_scenario "$scenario"
	sipp_ports
	sipp_files "$name"
	lab_spawn client "$name" sipp "$3" -sf "$LAB_DIR/$scenario.xml" \
		-key via_params "${7-;rport}" \
		-i "$(lab_host "$1" client "$2")" -p "$((5060 + $2))" -l 10000 \
		-m "$4" -r "$5" -timeout "$(($4 / $5 + SIPP_LONGER))s" -timeout_error \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
}

# sipp_ready N... waits until these destinations have their socket open, 5 s at
# most.
sipp_ready() {
	local n end=$((SECONDS + 5))

	for n in "$@"; do
		until lab_run "dest$n" ss -Hlun "sport = :5060" | grep -q .; do
			((SECONDS < end)) || return 1
			lab_alive "uas$n" || return 1
			sleep 0.05
		done
	done
}

# sipp_stat NAME COLUMN prints that column of the last statistics row, 0 before
# the first row; sipp writes one a second and one at its end.
sipp_stat() {
	awk -F ';' -v want="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) col = i; next }
		NF > 1 && col { value = $col }
		END { print value + 0 }' "$LAB_DIR/log/$1.csv" 2>/dev/null || echo 0
}

sipp_sum() {
	local column=$1 name total=0

	shift
	for name in "$@"; do
		total=$((total + $(sipp_stat "$name" "$column")))
	done
	echo "$total"
}

# sipp_finish N... asks these answerers to end when their calls are over and
# waits; the exit status is 0 only if every one ended well.
sipp_finish() {
	local n bad=0

	for n in "$@"; do
		kill -USR1 "${LAB_PID[uas$n]:-0}" 2>/dev/null
	done
	for n in "$@"; do
		lab_wait "uas$n" 12 || bad=1
	done
	return "$bad"
}
