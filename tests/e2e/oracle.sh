#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ours in proxy mode beside the real Kamailio 5.6 that forwards without state: the same messages, the corpus' valid
# requests and responses, through both; what the destinations get, which of them, and what the client gets of their
# answers, compared row by row. A difference that oracle_differences.tsv does not argue for fails.

LAB_DESTS=3
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/sipp.sh
. "$LAB_TOP/tests/lib/sipp.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"
# shellcheck source=tests/lib/daemon.sh
. "$LAB_TOP/tests/lib/daemon.sh"

CORPUS=${SIPXDP_CORPUS:-$LAB_TOP/../shared/corpus}
ORACLE=$(dirname "$LAB_STUB")/e2e/oracle
COMPARE=$(dirname "$LAB_STUB")/e2e/oracle_compare
DIFFERENCES=$LAB_TOP/tests/e2e/oracle_differences.tsv

if ! command -v kamailio >/dev/null; then
	echo "skip oracle: kamailio is not installed; remedy: apt-get install kamailio"
	exit 0
fi
if [[ ! -e $CORPUS/MANIFEST.tsv ]]; then
	echo "skip oracle: there is no corpus at $CORPUS; remedy: SIPXDP_CORPUS="
	exit 0
fi

# oracle_files KIND: of the corpus, each message once.
oracle_files() {
	awk -F '\t' -v dir="$CORPUS" -v kind="$1" \
		'$3 == "valid" && $4 == kind && $8 == "" { print dir "/" $1 }' "$CORPUS/MANIFEST.tsv"
}

# oracle_ask WHO FILE-LIST N...: sends all to the listener; with destinations N.
oracle_ask() {
	local out=$LAB_DIR/$1 n dests=()

	rm -rf "$out"
	mkdir -p "$out"
	for n in "${@:3}"; do
		dests+=("/run/netns/${LAB_PREFIX}dest$n" "$(lab_ip 4 dest "$n")")
	done
	xargs -a "$2" -d '\n' "$ORACLE" "$out" "/run/netns/${LAB_PREFIX}client" "$(lab_ip 4 client 1)" \
		"$(lab_ip 4 vip)" "${dests[@]}" -- 2>"$LAB_DIR/log/$1.ask"
}

# No pings: only what was sent arrives.
oracle_list() {
	local n

	for n in "${@:2}"; do
		echo "1 sip:$(lab_host 4 dest "$n"):5060 $1"
	done >"$E2E_LIST"
}

by_kamailio() {
	local end=$((SECONDS + 8)) dir=$LAB_DIR/kam bad=0

	oracle_list 0 "${@:2}"
	mkdir -p "$dir" /run/kamailio
	lab_spawn director kam kamailio -DD -E -m 32 -M 8 -Y "$dir" -w "$dir" -P "$dir/pid" \
		-f "$LAB_TOP/tests/e2e/kamailio/oracle.cfg" -A "LIST=\"$E2E_LIST\"" -A "LISTEN=udp:$(lab_host 4 vip):5060"
	until lab_run director ss -Hlun "sport = :5060" | grep -q .; do
		E2E_WHY="kamailio: $(grep -hE 'CRITICAL|ERROR' "$LAB_DIR/log/kam.err" | head -n 1)"
		lab_alive kam && ((SECONDS < end)) || return 1
		sleep 0.1
	done
	sleep 0.3
	oracle_ask theirs "$1" "${@:2}" || bad=1
	kill -TERM "${LAB_PID[kam]}" 2>/dev/null
	lab_wait kam 5
	return "$bad"
}

by_ours() {
	local bad=0

	oracle_list 32 "${@:2}"
	rm -f "$DAEMON_STATE"
	daemon_conf 4
	sed -i 's/{ route "all" {/{ affinity = hash route "all" { algorithm = call-id slot-rule = kamailio/' "$DAEMON_CONF"
	E2E_WHY="the daemon does not start: $(tail -n 1 "$LAB_DIR/log/daemon.err" 2>/dev/null)"
	daemon_start || return 1
	oracle_ask ours "$1" "${@:2}" || bad=1
	daemon_stop
	e2e_stats oracle
	e2e_detach || bad=1
	return "$bad"
}
# oracle_judge: what differs, kind by kind, and what no line of the list argues for.
oracle_judge() {
	"$COMPARE" "$LAB_DIR/theirs" "$LAB_DIR/ours" "$(lab_ip 4 vip)" >"$LAB_DIR/log/oracle.diff" || return 1
	local file kind rest row
	declare -gA KINDS=() USED=()
	local -a kinds=() files=()

	while IFS=$'\t' read -r kind file rest; do
		[[ $kind == \#* ]] || kinds+=("$kind") files+=("$file")
	done <"$DIFFERENCES"
	: >"$LAB_DIR/log/oracle.unexplained"
	while IFS=$'\t' read -r file kind rest; do
		KINDS[$kind]=$((${KINDS[$kind]:-0} + 1))
		for row in "${!kinds[@]}"; do
			# shellcheck disable=SC2053
			if [[ ${kinds[$row]} == "$kind" && $file == ${files[$row]} ]]; then
				USED[$row]=1
				continue 2
			fi
		done
		printf '%s\t%s\t%s\n' "$file" "$kind" "$rest" >>"$LAB_DIR/log/oracle.unexplained"
	done <"$LAB_DIR/log/oracle.diff"
	for row in "${!kinds[@]}"; do
		[[ -n ${USED[$row]:-} ]] || echo "${kinds[$row]} ${files[$row]}"
	done >"$LAB_DIR/log/oracle.unused"
}

# oracle_count WHO KIND
oracle_count() {
	find "$LAB_DIR/$1" -name "*.$2" | wc -l
}

nothing_unexplained() {
	E2E_WHY="$(wc -l <"$LAB_DIR/log/oracle.unexplained") differences that nobody argues for, the first: $(head -n 1 "$LAB_DIR/log/oracle.unexplained")"
	[[ ! -s $LAB_DIR/log/oracle.unexplained ]]
}

enough() {
	E2E_WHY="only $(oracle_count theirs request) requests and $(oracle_count theirs response) responses came out of Kamailio"
	(($(oracle_count theirs request) > 1000 && $(oracle_count theirs response) > 1000))
}

# with_dests NAME N...: all of the corpus by both, to these destinations.
with_dests() {
	local name=$1 kind

	shift
	lab_neigh_flush
	if ! by_kamailio "$LAB_DIR/list" "$@" || ! enough || ! by_ours "$LAB_DIR/list" "$@" || ! oracle_judge ||
		! nothing_unexplained; then
		e2e_not_ok "$name" "$E2E_WHY"
		return
	fi
	e2e_ok "$name"
	e2e_check "$name-list" "argued for and not found: $(head -n 1 "$LAB_DIR/log/oracle.unused")" \
		test ! -s "$LAB_DIR/log/oracle.unused"
	echo "# $name: $(oracle_count ours request) requests and $(oracle_count ours response) responses compared"
	for kind in "${!KINDS[@]}"; do
		echo "#   ${KINDS[$kind]} $kind"
	done | sort -k 3
}

e2e_begin "$@"
{
	oracle_files request
	oracle_files response
} >"$LAB_DIR/list"
with_dests oracle-one 1
with_dests oracle-hash 1 2 3
e2e_end
