# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# like.sh - one call through the real Kamailio and one through us, and whether callers and answerers got the same. Needs
# lab.sh, sipp.sh, e2e.sh, daemon.sh, and of the test: calls UAC UAS1 UAS2, NAMED, CALLS and E2E_WHY.

# seen NAME...: what these got, in its order: start line without phrases, CSeq, how many Vias, whether To has a tag. A 100
# goes no further than Kamailio, which is stateful and also makes CANCEL and ACK anew, with one Via.
seen() {
	local name

	for name in "$@"; do
		tr -d '\r' <"$LAB_DIR/log/$name.messages" | awk -v name="$name" '
			function say() {
				sub(/^SIP.2.0 ... .*/, substr(start, 1, 11), start)
				if (start ~ /^(CANCEL|ACK)/)
					vias = "-"
				if (start != "" && start != "SIP/2.0 100")
					print name ": " start " | " cseq " | " vias " | " tag
				start = ""
			}
			/message received/ { say(); getline; getline; start = $0; vias = tag = 0; next }
			/^-----------/ || /message sent/ { say() }
			start != "" && /^Via:/ { vias++ }
			start != "" && /^To:/ { tag = /tag=/ }
			start != "" && /^CSeq:/ { cseq = $0 }
			END { say() }'
	done
}

# one_call UAC UAS1 UAS2: one call; the caller's and the answerers' view of it is in $LAB_DIR/log/WHO.seen.
one_call() {
	local who=$1 before=$CALLS

	rm -f "$LAB_DIR"/log/*.messages
	CALLS=1
	SIPP_COMMON+=(-trace_msg)
	calls "${@:2}"
	touch "$LAB_DIR/log/uas1.messages" "$LAB_DIR/log/uas2.messages"
	seen uac1 uas1 uas2 >"$LAB_DIR/log/$who.seen"
	unset "SIPP_COMMON[-1]"
	CALLS=$before
	E2E_WHY+=" (by $who)"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == 1))
}

# kamailio_call CFG UAC UAS1 UAS2: the call by Kamailio with tests/e2e/kamailio/CFG.cfg.
kamailio_call() {
	local end=$((SECONDS + 8)) dir=$LAB_DIR/kam bad=0

	mkdir -p "$dir" /run/kamailio
	lab_spawn director kam kamailio -DD -E -m 32 -M 8 -Y "$dir" -w "$dir" -P "$dir/pid" \
		-f "$LAB_TOP/tests/e2e/kamailio/$1.cfg" -A "LIST=\"$E2E_LIST\"" \
		-A "LISTEN=udp:$(lab_host "$DAEMON_FAMILY" vip):5060"
	until lab_run director ss -Hlun "sport = :5060" | grep -q .; do
		E2E_WHY="kamailio: $(grep -hE 'CRITICAL|ERROR' "$LAB_DIR/log/kam.err" | head -n 1)"
		lab_alive kam && ((SECONDS < end)) || return 1
		sleep 0.1
	done
	sleep 0.5
	one_call kamailio "${@:2}" || bad=1
	kill -TERM "${LAB_PID[kam]}" 2>/dev/null
	lab_wait kam 5
	return "$bad"
}

# like_kamailio NAME FAMILY CFG EDIT FAIL UAC UAS1 UAS2: caller and answerers get the same from Kamailio and from us, whose
# configuration is edited (of sed). The list has the first destination before the second.
like_kamailio() {
	local name=$1-ipv$2

	[[ $NAMED == "  " || $NAMED == *" $name "* ]] || return 0
	if ! command -v kamailio >/dev/null; then
		e2e_skip "$name" "kamailio is not installed; remedy: apt-get install kamailio"
		return
	fi
	DAEMON_FAMILY=$2
	SIPP_FAIL=$5
	{
		echo "1 sip:$(lab_host "$2" dest 1):5060 0 10"
		echo "1 sip:$(lab_host "$2" dest 2):5060 0 5"
	} >"$E2E_LIST"
	lab_neigh_flush
	if ! kamailio_call "$3" "${@:6}"; then
		e2e_not_ok "$name" "$E2E_WHY"
		lab_kill_all
		SIPP_EDIT=()
		return
	fi
	lab_kill_all
	rm -f "$DAEMON_STATE"
	daemon_conf "$DAEMON_FAMILY"
	sed -i "$4" "$DAEMON_CONF"
	E2E_WHY="the daemon does not start"
	if daemon_start && one_call ours "${@:6}" && E2E_WHY="other messages than Kamailio's" &&
		[[ -s $LAB_DIR/log/ours.seen ]] && diff "$LAB_DIR/log/kamailio.seen" "$LAB_DIR/log/ours.seen" >"$LAB_DIR/log/$name.diff"; then
		e2e_ok "$name"
	else
		e2e_not_ok "$name" "$E2E_WHY $(head -n 4 "$LAB_DIR/log/$name.diff" 2>/dev/null | tr '\n' ';')"
	fi
	SIPP_EDIT=()
	lab_kill_all
	e2e_detach || e2e_not_ok "$name-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

