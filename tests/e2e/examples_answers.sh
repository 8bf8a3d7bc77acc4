#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Those of dist/examples that answer, throw away, or send all to one host, driven by sipp: octets, and who hears nothing.

LAB_DESTS=3
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

# counted REASON N
counted() {
	local got

	got=$(lab_ctl stats --json | jq ".reasons.$1 // 0")
	E2E_WHY="$1 is counted $got times, expected $2"
	((got == $2))
}

# In turns by Contact; the ACK ends here, and what is no INVITE is not redirected.
redirect() {
	local at=192.0.2.3

	example_uas uas 1 2 3 || return 1
	SIPP_EDIT=(-e 's/486/301/')
	example_uac "${CLIENT[@]}" 4 uac_reject && example_answer "uac$EXAMPLE_N" INVITE 301 "Moved Permanently" \
		"<sip:service@${at}1:5060>" "<sip:service@${at}2:5060>" "<sip:service@${at}1:5060>" "<sip:service@${at}2:5060>" &&
		example_none 1 2 3 || return 1
	SIPP_EDIT=(-e 's/METHOD/OPTIONS/; s/CODE/404/')
	example_uac "${CLIENT[@]}" 2 uac_request && example_answer "uac$EXAMPLE_N" OPTIONS 404 "Not Found" &&
		example_none 1 2 3
}

# heard NS prints what its host has taken in: datagrams, those to nobody, and errors of ICMP.
heard() {
	lab_run "$1" cat /proc/net/snmp | awk '/^(Udp|Icmp):/ { if (!($1 in name)) { name[$1] = $0; next }
		n = split(name[$1], field); for (i = 2; i <= n; i++)
			if (field[i] ~ /^(InDatagrams|NoPorts|InErrors|InMsgs|OutMsgs)$/) print $1 field[i], $i }'
}

drop() {
	local client director method

	example_uas uas 1 2 3 || return 1
	client=$(heard client)
	director=$(heard director)
	for method in INVITE OPTIONS BYE; do
		SIPP_EDIT=(-e "s/METHOD/$method/")
		example_uac "${CLIENT[@]}" 4 uac_ignored || return 1
	done
	E2E_WHY="the caller's host took something in: $(heard client)"
	[[ $(heard client) == "$client" ]] || return 1
	E2E_WHY="the director's host took something in: $(heard director)"
	[[ $(heard director) == "$director" ]] && counted routed_drop 12 && example_none 1 2 3
}

# Calls, and requests of other kinds.
one_host() {
	local method place

	example_uas uas 1 2 3 && SIPP_EDIT=() && example_uac "${CLIENT[@]}" 4 uac || return 1
	EXAMPLE_URI=${1:-} example_forwarded "uac$EXAMPLE_N" INVITE 1 2 3 || return 1
	place=$EXAMPLE_PLACES
	for method in ACK BYE; do
		example_forwarded "uac$EXAMPLE_N" "$method" 1 2 3 || return 1
		place+=" $EXAMPLE_PLACES"
	done
	lab_kill uas3
	example_uas uas_register 3
	SIPP_EDIT=(-e 's/METHOD/REGISTER/; s/CODE/200/')
	example_uac "${CLIENT[@]}" 2 uac_request && EXAMPLE_URI=${1:-} example_forwarded "uac$EXAMPLE_N" REGISTER 1 2 3 ||
		return 1
	place+=" $EXAMPLE_PLACES"
	E2E_WHY="they came to $place"
	[[ $place == "3 3 3 3 3 3 3 3 3 3 3 3 3 3" ]] && example_none 1 2
}

# In a dialog the Request-URI is the other side's Contact, and stays; what begins something is for the host.
rewrite_host() {
	one_host sip:service@192.0.2.33:5060
}

examples_begin "$@"
example redirect redirect
example drop drop
example one-host one_host
example rewrite-host rewrite_host
e2e_end
