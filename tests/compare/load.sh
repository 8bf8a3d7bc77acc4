#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Calls per destination as the real Kamailio 5.6 counts them by algorithm 10, through losses and a reload, against what
# its answerers say: the run of tests/e2e/load.sh, which shows the same of ours. LOAD_CALLS, LOAD_RATE, LOAD_LOSS as there.

LOAD_CALLS=${LOAD_CALLS:-10000}
LOAD_RATE=${LOAD_RATE:-400}
LOAD_LOSS=${LOAD_LOSS:-3} # percent, at each end
LAB_DESTS=3
LAB_LIMIT=$((4 * LOAD_CALLS / LOAD_RATE + 150))
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

ramp=$((LOAD_CALLS / LOAD_RATE))

kamailio_ask() {
	lab_run director kamcmd -s "unixs:$LAB_DIR/ctl" "$@" 2>/dev/null
}

load_of() {
	kamailio_ask dispatcher.list | awk -v uri="sip:$(lab_host 4 dest "$1"):5060" '
		$1 == "URI:" { hit = $2 == uri } hit && $1 == "DLGLOAD:" { print $2; exit }'
}

row() {
	printf '| %-32s | %18s | %18s |\n' "$1" "$(load_of 1) $(load_of 2) $(load_of 3)" \
		"$(begun 1) $(begun 2) $(begun 3)"
}

# Calls that an answerer has, less those that were hung up.
begun() {
	echo $(($(sipp_stat "uas$1" 'GenericCounter1(C)') - $(sipp_stat "uas$1" 'GenericCounter2(C)')))
}

lab_need kamailio:kamailio kamcmd:kamailio
e2e_begin "$@"
lab_list "$E2E_LIST" 4 1 2 3
sed -i '2,$ s/$/ duid=d/; 2 s/$/1/; 3 s/$/2/; 4 s/$/3/' "$E2E_LIST"
SIPP_LOSSY=1 SIPP_T1=300 SIPP_HOLD=($((ramp * 1000 + 13000)) $((ramp * 1000 + 13000)))
SIPP_COMMON+=(-lost "$LOAD_LOSS" -timeout "$((3 * ramp + 120))s")
for n in 1 2 3; do
	sipp_uas 4 "$n" uas_ping
done
mkdir -p /run/kamailio
lab_spawn director kamailio kamailio -DD -E -m 64 -M 8 -Y "$LAB_DIR" -w "$LAB_DIR" -P "$LAB_DIR/pid" \
	-f "$LAB_TOP/tests/compare/load.cfg" -A "LISTEN=udp:$(lab_host 4 vip):5060" -A "LIST=\"$E2E_LIST\"" \
	-A "CTL=\"unixs:$LAB_DIR/ctl\""
sipp_ready 1 2 3 || lab_die "the answerers do not start"
sleep 2
[[ -n $(load_of 1) ]] || lab_die "Kamailio does not start: $(tail -n 1 "$LAB_DIR/log/kamailio.err")"
echo "$LOAD_CALLS calls at $LOAD_RATE/s, $LOAD_LOSS % lost at each end, one reload while all are up"
printf '| %-32s | %18s | %18s |\n' "" "Kamailio 5.6" "at the answerers"
SIPP_COMMON+=(-deadcall_wait 100)
sipp_uac 4 1 "$(lab_host 4 vip):5060" "$LOAD_CALLS" "$LOAD_RATE" uac
sleep $((ramp + 5))
row "all calls up"
kamailio_ask dispatcher.reload >/dev/null
sleep 2
row "after the reload"
lab_wait uac1 $((2 * ramp + 60))
sleep 3
row "at the end"
e2e_end
