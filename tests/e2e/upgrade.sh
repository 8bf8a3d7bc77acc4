#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs are replaced under load and nobody notices; what does not fit is refused
# and changes nothing; the way back works; an upgrade that is killed leaves what every
# command can go on with.

LAB_DESTS=2
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

UPGRADES=20
KILLS=10
RATE=200
SAY=$LAB_DIR/log/say
OTHER=$LAB_TOP/build/tests
shopt -s nullglob
OBJECTS=("$LAB_TOP"/build/clang*/dispatch.bpf.o)

# try COMMAND...: output to SAY, the status to RC.
try() {
	RC=0
	"$@" >"$SAY.out" 2>"$SAY.err" || RC=$?
}

pins() {
	find /sys/fs/bpf -mindepth 1 ! -name '*.debug' | sort
}

# The program that each interface runs, and what is pinned.
state() {
	ip -n "${LAB_PREFIX}director" -d -o link | grep -oE '^[0-9]+: [a-z0-9]+|prog/xdp.* id [0-9]+'
	pins
}

# The ids of the programs that run on the interfaces, each once.
running() {
	ip -n "${LAB_PREFIX}director" -d -o link | grep -oE 'prog/xdp id [0-9]+' | sort -u
}

program() {
	lab_ctl list --json | jq -r .attached.program
}

# The next upgrade: another compiler's object each time, where there are several.
upgrade() {
	if ((${#OBJECTS[@]} > 1)); then
		lab_ctl upgrade --object "${OBJECTS[$1 % ${#OBJECTS[@]}]}"
	else
		lab_ctl upgrade
	fi
}

# More calls than any test here needs: whoever began them ends them.
begin_calls() {
	local n

	for n in 1 2; do
		sipp_uas 4 "$n"
	done
	sipp_ready 1 2 && sipp_uac 4 1 "$(lab_host 4 vip):5060" "$((RATE * 240))" "$RATE"
}

# No new calls; those that are up have to end well, every message sent once.
end_calls() {
	local calls

	E2E_WHY="the caller ended before its time"
	lab_alive uac1 || return 1
	kill -USR1 "${LAB_PID[uac1]}"
	lab_wait uac1 30
	sipp_finish 1 2
	calls=$(sipp_stat uac1 TotalCallCreated)
	E2E_WHY="$calls calls were made"
	((calls > RATE)) && e2e_calls_clean "$calls" 1 2
}

under_load() {
	local i before after

	begin_calls || return 1
	before=$(running)
	for ((i = 0; i < UPGRADES; i++)); do
		try upgrade "$i"
		E2E_WHY="upgrade $i: $(head -n 2 "$SAY.err")"
		((RC == 0)) || return 1
		after=$(running)
		E2E_WHY="after upgrade $i there runs $after, before it $before"
		[[ $after != "$before" && $(wc -l <<<"$after") == 1 ]] || return 1
		before=$after
	done
	run_times || return 1
	end_calls
}

# The statistics are those of the programs that packets meet now.
run_times() {
	try lab_ctl stats --run-time 1 --json
	E2E_WHY="stats --run-time saw $(cat "$SAY.out" "$SAY.err")"
	jq -e '.packets > 0 and .run_time_ns > 0' "$SAY.out" >/dev/null
}

# Back to the version before, forth again, and calls go on over both.
rollback() {
	local first second

	upgrade 0 >"$SAY.out" 2>&1 || return 1
	first=$(running) second=$(program)
	upgrade 1 >"$SAY.out" 2>&1 || return 1
	begin_calls || return 1
	sleep 1
	try lab_ctl upgrade --rollback --json
	E2E_WHY="rollback: $(head -n 2 "$SAY.err"), runs $(running) $(program), expected $first $second"
	((RC == 0)) && [[ $(running) == "$first" && $(program) == "$second" ]] || return 1
	sleep 1
	try lab_ctl upgrade --rollback
	E2E_WHY="a second rollback does not go forth again: $(head -n 2 "$SAY.err")"
	((RC == 0)) && [[ $(running) != "$first" ]] || return 1
	end_calls
}

# refused NAME STATUS REGEX OPTION...: it says REGEX, and programs and pins are as before.
refused() {
	local before after

	before=$(state)
	try lab_ctl upgrade "${@:4}"
	after=$(state)
	if ((RC != $2)); then
		e2e_not_ok "$1" "exit status $RC, expected $2: $(head -n 2 "$SAY.err" | tr '\n' ' ')"
	elif ! e2e_said "$3" "$SAY.err"; then
		e2e_not_ok "$1" "it did not say /$3/ but: $(head -n 2 "$SAY.err" | tr '\n' ' ')"
	elif [[ $before != "$after" ]]; then
		e2e_not_ok "$1" "it changed $(diff <(echo "$before") <(echo "$after") | grep '^[<>]' | head -n 3 | tr '\n' ' ')"
	else
		e2e_ok "$1"
	fi
}

refusals() {
	echo "no program" >"$LAB_DIR/text.bpf.o"
	refused nothing-to-go-back-to 4 "no version to go back.*remedy" --rollback
	refused foreign-object 3 "not this dispatcher.*remedy" --object "$LAB_STUB"
	refused no-object 3 "no BPF object" --object "$LAB_DIR/text.bpf.o"
	refused missing-object 3 "cannot read .*nosuch" --object "$LAB_DIR/nosuch.bpf.o"
	refused other-map-size 3 "map sets .*remedy.*detach" --object "$OTHER/other_size.bpf.o"
	refused other-field 3 "map state .*remedy.*detach" --object "$OTHER/other_field.bpf.o"
	refused other-mode 1 "native mode.*remedy.*detach" --xdp generic
	refused object-and-rollback 2 "rollback" --object "$LAB_STUB" --rollback
	try lab_ctl upgrade --dry-run --xdp native
	e2e_check dry-run "exit status $RC: $(head -n 2 "$SAY.err")" e2e_said "nothing is changed" "$SAY.out"
	refused dry-run-leaves-nothing 4 "no version" --rollback
	one_refuses
	begin_calls && sleep 2 && end_calls
}

mtu_of_uplink() {
	ip -n "${LAB_PREFIX}switch" link set dev uplink xdpdrv off
	ip -n "${LAB_PREFIX}switch" link set dev uplink mtu "$1"
	ip -n "${LAB_PREFIX}director" link set dev sv0 mtu "$1"
}

# One of two interfaces does not take the new program: a large MTU needs one that takes
# several buffers (xdp.frags), and this one has lost its mark. Both keep the old one.
one_refuses() {
	LC_ALL=C sed 's/xdp\.frags\x00/xdp\x00\x00\x00\x00\x00\x00\x00/g' "$LAB_TOP/build/dispatch.bpf.o" \
		>"$LAB_DIR/one_buffer.bpf.o"
	mtu_of_uplink 9000
	refused one-interface-refuses 1 "sv0.*does not take" --object "$LAB_DIR/one_buffer.bpf.o"
	mtu_of_uplink 1500
	lab_stub switch uplink
	try lab_ctl upgrade --object "$LAB_DIR/one_buffer.bpf.o"
	e2e_check one-buffer-with-small-mtu "$(head -n 2 "$SAY.err")" test "$RC" -eq 0
}

# killed_upgrades: cut off at random moments of the time that one takes, while calls go on.
killed_upgrades() {
	local i took

	took=$(date +%s%N)
	upgrade 0 >"$SAY.out" 2>&1
	took=$((($(date +%s%N) - took) / 1000))
	begin_calls || return 1
	for ((i = 0; i < KILLS; i++)); do
		lab_spawn director upgrade "$LAB_CTL" upgrade --object "${OBJECTS[i % ${#OBJECTS[@]}]}"
		sleep "$(awk -v us="$took" -v r="$RANDOM" 'BEGIN { print us * r / 32768 / 1e6 }')"
		lab_kill upgrade
		try lab_ctl list --json
		E2E_WHY="list after kill $i: $(head -n 1 "$SAY.err")"
		((RC == 0)) || return 1
		try lab_ctl reload
		E2E_WHY="reload after kill $i: $(head -n 1 "$SAY.err")"
		((RC == 0)) || return 1
	done
	try upgrade 1
	E2E_WHY="upgrade after the kills: $(head -n 2 "$SAY.err")"
	((RC == 0)) || return 1
	E2E_WHY="upgrade after the kills left $(pins | grep progs_next)"
	[[ $(pins) != *progs_next* && $(running | wc -l) == 1 ]] || return 1
	end_calls
}

# with NAME COMMAND...: attached while COMMAND runs; detach leaves nothing.
with() {
	local before

	before=$(pins)
	if e2e_attach 4 --xdp native; then
		if "${@:2}"; then
			e2e_ok "$1"
		else
			e2e_not_ok "$1" "$E2E_WHY"
		fi
		e2e_stats "$1"
		lab_kill_all
		e2e_check "$1-detach" "it failed" e2e_detach
		e2e_check "$1-nothing-left" "it left pins" test "$(pins)" = "$before"
	else
		e2e_not_ok "$1" "attach: $(head -n 1 "$LAB_DIR/log/attach.err")"
	fi
}

e2e_begin "$@"
((${#OBJECTS[@]})) || OBJECTS=("$LAB_TOP/build/dispatch.bpf.o")
lab_list "$E2E_LIST" 4 1 2
refused not-attached 4 "not attached"
with upgrades-under-load under_load
with rollback rollback
with calls-after-refusals refusals
with killed killed_upgrades
e2e_end
