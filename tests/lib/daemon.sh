# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# daemon.sh - dispatchctl run in the lab: its configuration, its start, its end. Needs lab.sh and e2e.sh.

DAEMON_CONF=$LAB_DIR/dispatchctl.conf
DAEMON_STATE=$LAB_DIR/state.json
DAEMON_SOCKET=$LAB_DIR/control.sock
# What is written into the section ping {}.
DAEMON_PING='interval = "1s" timeout = "400ms" fall = 2 rise = 1 jitter = 10 interval-max = "2s"'

# daemon_conf 4|6 [LINE...] writes a configuration: one listener, set 1, and these lines.
daemon_conf() {
	local family=$1

	shift
	{
		echo "interfaces = {\"cl0\", \"sv0\"}"
		echo "list = \"$E2E_LIST\""
		echo "state-file = \"$DAEMON_STATE\""
		echo "control { path = \"$DAEMON_SOCKET\" }"
		echo "ping { $DAEMON_PING }"
		echo "listen \"$(lab_host "$family" vip):5060\" { route \"all\" { set = 1 } }"
		printf '%s\n' "$@"
	} >"$DAEMON_CONF"
}

# daemon_start starts it and waits until it answers; the exit status says whether.
daemon_start() {
	rm -f "$LAB_DIR/log/daemon.err"
	lab_spawn director daemon "$LAB_CTL" run -c "$DAEMON_CONF"
	daemon_wait
}

daemon_wait() {
	local end=$((SECONDS + 60))

	until daemon_ask rpc version >/dev/null 2>&1; do
		lab_alive daemon && ((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# daemon_ask COMMAND... is a command to the running daemon.
daemon_ask() {
	lab_ctl "$1" --control "$DAEMON_SOCKET" "${@:2}"
}

# daemon_stop ends it as a service manager does; the exit status is its own.
daemon_stop() {
	kill -TERM "${LAB_PID[daemon]}" 2>/dev/null
	lab_wait daemon 10
}

# daemon_dest N FILTER prints what jq's FILTER makes of what `list` says of destination N.
daemon_dest() {
	lab_ctl list --json 2>/dev/null |
		jq -r --arg a "$(lab_host "$DAEMON_FAMILY" dest "$1"):5060" \
			".destinations[] | select(.address == \$a) | $2"
}

# daemon_health N prints the health of destination N of set 1.
daemon_health() {
	daemon_dest "$1" .health
}

# daemon_until N HEALTH SECONDS waits until destination N is in that state.
daemon_until() {
	local end=$((SECONDS + $3))

	until [[ $(daemon_health "$1") == "$2" ]]; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# daemon_out N SECONDS waits until no key is for destination N any more. Its health is said as it is learnt; the tables
# without it are published some milliseconds later, on a busy machine many.
daemon_out() {
	local end=$((SECONDS + $2))

	until [[ $(daemon_dest "$1" '.share == 0') == true ]]; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# daemon_calls_clean CALLS UAS-NUMBER...: as e2e_calls_clean, where the answerers are pinged as well (uas_ping.xml).
daemon_calls_clean() {
	local calls=$1 uas=() n

	shift
	for n in "$@"; do
		uas+=("uas$n")
	done
	E2E_WHY="caller: $(sipp_stat uac1 'SuccessfulCall(C)') good of $calls,"
	E2E_WHY+=" $(sipp_stat uac1 'Retransmissions(C)') sent again; answerers:"
	E2E_WHY+=" $(sipp_sum 'GenericCounter1(C)' "${uas[@]}") begun, $(sipp_sum 'GenericCounter2(C)' "${uas[@]}") good,"
	E2E_WHY+=" $(sipp_sum 'Retransmissions(C)' "${uas[@]}") sent again"
	(($(sipp_stat uac1 'SuccessfulCall(C)') == calls)) &&
		(($(sipp_sum 'GenericCounter1(C)' "${uas[@]}") == calls)) &&
		(($(sipp_sum 'GenericCounter2(C)' "${uas[@]}") == calls)) &&
		(($(sipp_sum 'Retransmissions(C)' uac1 "${uas[@]}") == 0))
}
