#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Those of dist/examples that forward calls to sets, driven by sipp: which destination gets what, and in which order.

LAB_DESTS=4
LAB_LIMIT=${LAB_LIMIT:-600}
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"
# shellcheck source=tests/lib/examples.sh
. "$LAB_TOP/tests/lib/examples.sh"

CLIENT=(client 192.0.2.20 5061)

# places WHAT WANT: the destinations of what was looked at last.
places() {
	E2E_WHY="$1 came to $EXAMPLE_PLACES, expected $2"
	[[ $EXAMPLE_PLACES == "$2" ]]
}

# called WHAT WANT N...: the calls of the last caller went so among these destinations, and each stayed there. WANT may
# be empty, if any order will do.
called() {
	local uac=uac$EXAMPLE_N

	EXAMPLE_AT=()
	example_forwarded "$uac" INVITE "${@:3}" && { [[ -z $2 ]] || places "$1" "$2"; } &&
		example_follows "$uac" ACK "${@:3}" && example_follows "$uac" BYE "${@:3}"
}

# refused METHOD: it is answered 404, and nobody else hears of it.
refused() {
	SIPP_EDIT=(-e "s/METHOD/$1/; s/CODE/404/")
	example_uac "${CLIENT[@]}" 2 uac_request && example_answer "uac$EXAMPLE_N" "$1" 404 "Not Found"
}

# remembered N: the table of calls has so many.
remembered() {
	E2E_WHY="$(lab_ctl calls --count) calls are remembered, expected $1"
	[[ $(lab_ctl calls --count) == "$1" ]]
}

# The list names each by its label.
labelled() {
	local got

	got=$(lab_ctl list --json | jq -c '[.destinations[].label]')
	E2E_WHY="labels: $got, in text: $(lab_ctl list | grep -o 'label: .*' | tr '\n' ' ')"
	[[ $got == '["one","two"]' && $(lab_ctl list | grep -c ' sip:192.0.2.31:5060  label: one$') == 1 ]]
}

round_robin() {
	labelled && example_uas uas 1 2 3 && example_uac "${CLIENT[@]}" 6 uac && called calls "1 2 1 2 1 2" 1 2 && example_none 3 &&
		remembered 6
}

# turns WANT-OF-CPU-0 WANT-OF-CPU-1: three calls by each CPU, then what is no INVITE.
turns() {
	local method

	example_uas uas 1 2 3 || return 1
	EXAMPLE_CPU=0 example_uac "${CLIENT[@]}" 3 uac && called "calls by CPU 0" "$1" 1 2 || return 1
	EXAMPLE_CPU=1 example_uac "${CLIENT[@]}" 3 uac && called "calls by CPU 1" "$2" 1 2 || return 1
	for method in OPTIONS REGISTER; do
		refused "$method" || return 1
	done
	E2E_WHY="OPTIONS or REGISTER came to a destination"
	! grep -qE '^(OPTIONS|REGISTER) ' "$LAB_DIR"/log/uas[123].messages && example_none 3
}

instance_wide() {
	turns "1 2 1" "2 1 2" && cancels
}

per_cpu() {
	turns "1 2 1" "1 2 1"
}

# An example's CANCEL matches as INVITE, and goes where that went.
cancels() {
	local n

	for n in 1 2 3; do
		lab_kill "uas$n"
	done
	example_uas uas_cancel 1 2 || return 1
	SIPP_EDIT=()
	EXAMPLE_AT=()
	example_uac "${CLIENT[@]}" 2 uac_cancel && example_forwarded "uac$EXAMPLE_N" INVITE 1 2 &&
		places "calls to cancel" "1 2" && example_follows "uac$EXAMPLE_N" CANCEL 1 2 &&
		example_follows "uac$EXAMPLE_N" ACK 1 2
}

# By Call-ID: EXAMPLE_PLACES is where the calls cN@lab went.
by_call_id() {
	EXAMPLE_AT=()
	example_uac "${CLIENT[@]}" 12 uac -cid_str 'c%u@lab' && example_forwarded "uac$EXAMPLE_N" INVITE 1 2 &&
		E2E_WHY="they all went to one: $EXAMPLE_PLACES" && [[ $EXAMPLE_PLACES == *1* && $EXAMPLE_PLACES == *2* ]]
}

# The first host's and the second's, which has seen none of the calls: they have a key in common.
stateless() {
	example_uas uas 1 2 3 && by_call_id && STATELESS=$EXAMPLE_PLACES && called calls "$STATELESS" 1 2 && example_none 3 &&
		remembered 0
}

stateless_again() {
	example_uas uas 1 2 && by_call_id && places "the same calls by another host" "$STATELESS"
}

# The list gets a second registrar, so that there is something to choose.
registrations() {
	local first

	example_uas uas 1 2 && example_uas uas_register 3 4 || return 1
	by_call_id && places "calls by Call-ID, as without registrations," "$STATELESS" || return 1
	SIPP_EDIT=(-e 's/METHOD/REGISTER/; s/CODE/200/')
	example_uac "${CLIENT[@]}" 10 uac_request && example_forwarded "uac$EXAMPLE_N" REGISTER 3 4 || return 1
	first=$EXAMPLE_PLACES
	E2E_WHY="all users register with one: $first"
	[[ $first == *3* && $first == *4* ]] || return 1
	example_uac "${CLIENT[@]}" 10 uac_request && example_forwarded "uac$EXAMPLE_N" REGISTER 3 4 &&
		places "the same users, with other Call-IDs," "$first" && refused OPTIONS
}

# What a destination sends from its address goes to the other side; the other caller is nobody.
sides() {
	SIPP_EDIT=()
	example_uas uas 1 2 && example_uac dest3 192.0.2.33 5060 4 uac && called "calls of destination 3" "" 1 2 || return 1
	lab_kill uas1
	lab_kill uas2
	example_uas uas 3 || return 1
	example_uac dest1 192.0.2.31 5060 2 uac && called "calls of destination 1" "3 3" 3 || return 1
	example_uac dest2 192.0.2.32 5060 2 uac && called "calls of destination 2" "3 3" 3 || return 1
	lab_kill uas3
	SIPP_EDIT=(-e 's/486/404/')
	example_uac "${CLIENT[@]}" 2 uac_reject && example_answer "uac$EXAMPLE_N" INVITE 404 "Not Found" && refused OPTIONS
}

examples_begin "$@"
printf '%032d\n' 7 >"$EXAMPLE_DIR/key"
example round-robin round_robin
example invite-only instance_wide
example invite-only-per-cpu per_cpu
SIPP_EDIT=()
example stateless stateless "key-file = \"$EXAMPLE_DIR/key\""
example stateless stateless_again "key-file = \"$EXAMPLE_DIR/key\""
echo "2 sip:192.0.2.34:5060 0 0 duid=second" >>"$EXAMPLE_DIR/dispatcher.list"
example register-and-invite registrations "key-file = \"$EXAMPLE_DIR/key\""
cp "$EXAMPLES/dispatcher.list" "$EXAMPLE_DIR/"
example two-sides sides
e2e_end
