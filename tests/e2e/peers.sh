#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tools that others made, against us: the scans of sipvicious (with and without the guard) and what sipsak does to servers,
# before real registrars, and the scenarios that sipp brings along. Everything arrives where it should, nothing is counted
# that the tool has not done, and the daemon lives.

LAB_DESTS=2
LAB_LIMIT=${LAB_LIMIT:-600}
# the tests that are named alone, if any is
NAMED=" $* "
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

DAEMON_FAMILY=4
VIP=$(lab_ip 4 vip)
# Counted of sound traffic.
SOUND="none|not_ours|request|request_route|response|keepalive"

# reasons prints what was counted so far, one NAME=NUMBER a row.
reasons() {
	lab_ctl stats --json 2>/dev/null | jq -r '.reasons | to_entries[] | "\(.key)=\(.value)"'
}

reason() {
	reasons | sed -n "s/^$1=//p"
}

# only REGEX: nothing but sound traffic and these reasons was counted since before().
only() {
	local more

	more=$(reasons | grep -vxF -f "$LAB_DIR/before" | grep -vE "^($SOUND${1:+|$1})=" | grep -v '=0$' | tr '\n' ' ')
	E2E_WHY="counted: $more"
	[[ -z $more ]]
}

before() {
	reasons >"$LAB_DIR/before"
	# an empty file of patterns would match all
	echo >>"$LAB_DIR/before"
}

# peer NAME COMMAND...: a test of that name; the daemon is the one that it was.
peer() {
	[[ $NAMED == "  " || $NAMED == *" $1 "* ]] || return 0
	before
	E2E_WHY=
	if "${@:2}" && E2E_WHY="the daemon has ended" && lab_alive daemon && daemon_ask rpc version >/dev/null 2>&1; then
		e2e_ok "$1"
	else
		e2e_not_ok "$1" "$E2E_WHY"
		e2e_stats "$1"
	fi
}

# tool NAME SECONDS COMMAND...: as the client's first address; its output is in the log.
tool() {
	(cd "$LAB_DIR" && HOME=$LAB_DIR lab_run client timeout "$2" "${@:3}") >"$LAB_DIR/log/$1.out" 2>&1 </dev/null
}

# found TOOL REGEX prints what the tool found, in a row.
found() {
	grep -oE "$2" "$LAB_DIR/log/$1.out" | sort -u | tr '\n' ' '
}

# came REGEX prints how many requests of that kind the registrars saw.
came() {
	cat "$LAB_DIR"/log/kamailio?.err | grep -cE "LAB $1"
}

insane() {
	cat "$LAB_DIR"/log/kamailio?.err | grep -c 'LAB insane'
}

# Calls of caller 2 while something else goes on.
calls_begin() {
	sipp_uac 4 2 "$VIP:5060" "$1" 25
}

calls_end() {
	lab_wait uac2 15
	E2E_WHY="$(sipp_stat uac2 'SuccessfulCall(C)') good calls of $1, $(sipp_stat uac2 'Retransmissions(C)') sent again"
	(($(sipp_stat uac2 'SuccessfulCall(C)') == $1 && $(sipp_stat uac2 'Retransmissions(C)') == 0))
}

# ---- sipvicious

# The network is searched by each method: the listener is found, at its address.
svmap_finds() {
	local method said

	for method in OPTIONS REGISTER INVITE; do
		tool svmap 20 svmap -m "$method" "$VIP"
		said=$(found svmap "$VIP:5060")
		E2E_WHY="svmap -m $method found '$said'"
		[[ $said == "$VIP:5060 " ]] || return 1
	done
	only
}

# The registrars behind us tell which extensions there are, whichever of them is asked.
svwar_finds() {
	local said n

	tool svwar 20 svwar -e 90-115 "$VIP"
	said=$(found svwar '\b(9|1)[0-9]{1,2} +\| +[a-z]+')
	n=$(came 'REGISTER (9[0-9]|1[01][0-9]) ')
	echo "# svwar: $said; $n requests at the registrars"
	E2E_WHY="svwar found '$said'; $n requests came"
	[[ $(echo "$said" | grep -oE '\b10[0-9]\b' | tr '\n' ' ') == "100 101 102 103 104 " ]] && ((n >= 26)) && only
}

svcrack_finds() {
	local said

	tool svcrack 20 svcrack -u 100 -r 4700-4720 "$VIP"
	said=$(found svcrack '100 +\| +[0-9]+')
	echo "# svcrack: $said"
	E2E_WHY="svcrack found '$said'"
	[[ $said == "100 "*"4711 " ]] && only
}

# With the guard the same scan is held to its rate, and callers do not notice.
svwar_is_held() {
	local n over begun

	daemon_conf 4
	sed -i "s|route \"all\"|guard { rate = 20 burst = 5 allow = {\"$(lab_ip 4 client 2)\"} } &|" "$DAEMON_CONF"
	E2E_WHY="no reload"
	kill -HUP "${LAB_PID[daemon]}"
	lab_said daemon reloaded || return 1
	calls_begin 150
	begun=$SECONDS
	tool svwar 8 svwar -t 0.001 --force -e 2000-2999 "$VIP"
	begun=$((SECONDS - begun + 1))
	n=$(came 'REGISTER 2[0-9]{3} ')
	over=$(reason guard_rate)
	echo "# svwar with the guard: $n requests came through in $begun s, $over did not"
	calls_end 150 || return 1
	E2E_WHY="$n requests came through in $begun s, ${over:-0} did not"
	((over > 50 && n <= 20 * begun + 5)) && only guard_rate
}

# ---- sipsak

sipsak_options() {
	tool sipsak 10 sipsak -v -s "sip:100@$VIP"
	E2E_WHY="sipsak: $? $(tail -n 1 "$LAB_DIR/log/sipsak.out")"
	[[ $E2E_WHY == "sipsak: 0 "* ]] && only
}

# By Max-Forwards 0, 1 and so on: we are the first hop, the registrar the second.
sipsak_trace() {
	tool sipsak 10 sipsak -T -s "sip:100@$VIP"
	E2E_WHY="sipsak: $? $(tr '\n' ' ' <"$LAB_DIR/log/sipsak.out")"
	echo "# sipsak -T: $(tr '\n' ' ' <"$LAB_DIR/log/sipsak.out")"
	[[ $E2E_WHY == "sipsak: 0 "* ]] && grep -q '^0:' "$LAB_DIR/log/sipsak.out" &&
		e2e_said '483' "$LAB_DIR/log/sipsak.out" && only too_many_hops
}

# Registers an extension with its password, challenged.
sipsak_usrloc() {
	tool sipsak 20 sipsak -U -a 4711 -x 60 -s "sip:103@$VIP"
	E2E_WHY="sipsak: $? $(tail -n 2 "$LAB_DIR/log/sipsak.out" | tr '\n' ' ')"
	[[ $E2E_WHY == "sipsak: 0 "* ]] && only
}

# As many OPTIONS as it can send: they are sent on, be they more than a registrar takes.
sipsak_flood() {
	local n

	n=$(reason request)
	tool sipsak 10 sipsak -F -e 2000 -s "sip:flood@$VIP"
	n=$(($(reason request) - n))
	echo "# sipsak -F: $n of 2000 requests sent on, $(came 'OPTIONS flood ') taken by the registrars"
	E2E_WHY="$n of 2000 requests sent on"
	# a burst may be more than the link between the namespaces holds
	((n >= 1800 && n <= 2000)) && only
}

# Requests with ever more octets that are random: what is no SIP any more ends here, and calls go on.
sipsak_random() {
	local runs end=$((SECONDS + 5)) bad

	bad=$(insane)
	calls_begin 100
	# a run ends at the first request that nobody answers
	for ((runs = 0; SECONDS < end; runs++)); do
		tool sipsak 2 sipsak -R -t 100 --timer-t1=5 -s "sip:random@$VIP"
	done
	echo "# sipsak -R, $runs runs, $(($(insane) - bad)) requests came through that a registrar found insane:" \
		"$(reasons | grep -vxF -f "$LAB_DIR/before" | grep -E '^(bad_|not_sip|unans|slow)' | tr '\n' ' ')"
	calls_end 100 && only "bad_[a-z_]*|no_header_end|not_sip|too_many_hops|unanswerable|ack_own_reply|slow_[a-z_]*"
}

# ---- sipp's own scenarios

# shipped NAME CALLS RATE UAC UAS: its scenarios against each other through us, as they are.
shipped() {
	local name=$1 calls=$2 n

	for n in 1 2; do
		sipp_ports
		sipp_files "uas$n"
		lab_spawn "dest$n" "uas$n" sipp -sn "$5" -i "$(lab_ip 4 dest "$n")" -p 5060 -l 1000 -cp "$SIPP_CONTROL" \
			-mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	done
	E2E_WHY="the answerers do not start: $(tail -n 1 "$LAB_DIR/log/uas1.err" 2>/dev/null)"
	sipp_ready 1 2 || return 1
	sipp_ports
	sipp_files uac1
	(cd "$LAB_DIR" && ln -sfn /usr/share/sip-tester pcap)
	cd "$LAB_DIR" || return 1
	lab_spawn client uac1 sipp "$VIP:5060" -sn "$4" -i "$(lab_ip 4 client 1)" -p 5061 -l 1000 -m "$calls" -r "$3" \
		-timeout 30s -timeout_error -cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}"
	lab_wait uac1 32
	sipp_finish 1 2
	echo "# sipp -sn $4: $(sipp_stat uac1 'SuccessfulCall(C)') of $calls good, at the answerers" \
		"$(sipp_stat uas1 'SuccessfulCall(C)') and $(sipp_stat uas2 'SuccessfulCall(C)')"
	# with their 500 ms to send again a busy test machine looks like a loss
	e2e_calls_good "$calls" 1 2 && only
}

registrars() {
	local n

	for n in 1 2; do
		mkdir -p "$LAB_DIR/kamailio$n" /run/kamailio
		lab_spawn "dest$n" "kamailio$n" kamailio -DD -E -m 32 -M 8 -Y "$LAB_DIR/kamailio$n" -w "$LAB_DIR/kamailio$n" \
			-P "$LAB_DIR/kamailio$n/pid" -f "$LAB_TOP/tests/e2e/kamailio/registrar.cfg" \
			-A "LISTEN=udp:$(lab_ip 4 dest "$n"):5060"
		LAB_PID[uas$n]=${LAB_PID[kamailio$n]}
	done
	if ! sipp_ready 1 2; then
		E2E_WHY="kamailio: $(grep -hE 'CRITICAL|ERROR' "$LAB_DIR"/log/kamailio?.err | head -n 1)"
		return 1
	fi
	# its workers are forked after the socket is bound
	sleep 0.5
}

# begin FLAGS: a daemon, both destinations with these flags.
begin() {
	lab_list "$E2E_LIST" 4 1 2
	sed -i "s/ 0 0$/ $1 0/" "$E2E_LIST"
	rm -f "$DAEMON_STATE"
	daemon_conf 4
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	daemon_start
}

end() {
	local name

	daemon_stop
	# whoever has workers ends them by itself
	for name in "${!LAB_PID[@]}"; do
		[[ $name != kamailio* ]] || kill -TERM "${LAB_PID[$name]}"
	done
	for name in kamailio1 kamailio2; do
		[[ -z ${LAB_PID[$name]:-} ]] || lab_wait "$name" 5
	done
	lab_kill_all
	e2e_detach || e2e_not_ok detach "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# with TOOL NAME COMMAND: where the tool is installed.
with() {
	if ! command -v "$1" >/dev/null; then
		e2e_skip "$2" "no $1; remedy: apt-get install ${1/sv*/sipvicious}"
		return
	fi
	peer "${@:2}"
}

before_registrars() {
	if ! command -v kamailio >/dev/null; then
		e2e_skip peers-scans "no kamailio; remedy: apt-get install kamailio"
		return
	fi
	if ! registrars || ! begin 0; then
		e2e_not_ok peers-registrars "$E2E_WHY"
		return
	fi
	with svmap svmap svmap_finds
	with svwar svwar svwar_finds
	with svcrack svcrack svcrack_finds
	with sipsak sipsak-options sipsak_options
	with sipsak sipsak-trace sipsak_trace
	with sipsak sipsak-usrloc sipsak_usrloc
	with sipsak sipsak-flood sipsak_flood
	with sipsak sipsak-random sipsak_random
	with svwar svwar-guard svwar_is_held
	end
}

# Its answerers take no OPTIONS: nobody is pinged (32).
before_sipp() {
	if ! begin 32; then
		e2e_not_ok peers-sipp "$E2E_WHY"
		return
	fi
	peer sipp-uac shipped uac 200 100 uac uas
	peer sipp-regexp shipped regexp 100 100 regexp uas
	peer sipp-uac-pcap shipped uac_pcap 20 20 uac_pcap uas
	peer sipp-branch shipped branch 60 60 branchc branchs
	end
}

e2e_begin "$@"
before_registrars
before_sipp
e2e_end
