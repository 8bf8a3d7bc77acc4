#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The slot rule `kamailio` beside the real Kamailio 5.6, which is asked over SIP: the
# same destination for the same message, by every key that it hashes, with members
# that are inactive and disabled too; and the same order of turns. Ours is the kernel
# program by test run, as it is loaded from the list.

LAB_DESTS=1
LAB_LIMIT=600
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"
# shellcheck source=tests/lib/e2e.sh
. "$LAB_TOP/tests/lib/e2e.sh"

ASK=$(dirname "$LAB_STUB")/e2e/ask
SEED=${SEED:-1}
PORT=5080
MESSAGES=450
TURNS=200

if ! command -v kamailio >/dev/null; then
	echo "skip slots: not installed; remedy: apt-get install kamailio"
	exit 0
fi

# Set 1: all alike. Set 2: priorities, one inactive, one disabled. Set 3: weights of
# 100 in all. Set 4: the first slot has nobody, and two after another have not. Set 5:
# one is alone. Set 6: nobody.
slots_list() {
	cat <<-'EOF'
		1 sip:192.0.2.31:5060
		1 sip:192.0.2.32:5060
		1 sip:192.0.2.33:5060
		1 sip:192.0.2.34:5060
		1 sip:192.0.2.35:5060
		2 sip:192.0.2.41:5060 0 1
		2 sip:192.0.2.42:5060 1 5
		2 sip:192.0.2.43:5060 0 5
		2 sip:192.0.2.44:5060 0 3
		2 sip:192.0.2.45:5060 4 3
		2 sip:192.0.2.46:5060 0 3
		2 sip:192.0.2.47:5060 0 0
		3 sip:192.0.2.51:5060 0 0 weight=50
		3 sip:192.0.2.52:5060 0 0 weight=30
		3 sip:192.0.2.53:5060 0 0 weight=20
		4 sip:192.0.2.61:5060 0 0 weight=40
		4 sip:192.0.2.62:5060 1 0 weight=25
		4 sip:192.0.2.63:5060 4 0 weight=25
		4 sip:192.0.2.64:5060 0 0 weight=5
		4 sip:192.0.2.65:5060 1 0 weight=5
		5 sip:192.0.2.71:5060
		6 sip:192.0.2.81:5060 1
	EOF
}

# kamailio_start FLAGS
kamailio_start() {
	local dir=$LAB_DIR/kamailio$1 end=$((SECONDS + 8))

	mkdir -p "$dir" /run/kamailio
	lab_spawn director "kamailio$1" kamailio -DD -E -m 32 -M 8 -Y "$dir" -w "$dir" -P "$dir/pid" \
		-f "$LAB_TOP/tests/e2e/kamailio/slots.cfg" -A "LISTEN=udp:127.0.0.1:$PORT" \
		-A "LIST=\"$LAB_DIR/slots.list\"" -A "FLAGS=$1"
	until lab_run director ss -Hlun "sport = :$PORT" | grep -q .; do
		E2E_WHY="kamailio: $(grep -hE 'CRITICAL|ERROR' "$LAB_DIR/log/kamailio$1.err" | head -n 1)"
		lab_alive "kamailio$1" && ((SECONDS < end)) || return 1
		sleep 0.1
	done
	sleep 0.3
}

# Both verdicts, "FILE DESTINATION" a line, in $LAB_DIR/theirs and ours.
# ask ALGORITHM SET MESSAGES [OPTION...]
ask() {
	local dir=$LAB_DIR/messages

	rm -rf "$dir"
	mkdir -p "$dir"
	"$ASK" make "$dir" "$3" "$((SEED + $1 * 10 + $2))" "$1" "$2" || return 1
	E2E_WHY="Kamailio does not answer"
	lab_run director "$ASK" send 127.0.0.1 "$PORT" "$dir"/* >"$LAB_DIR/theirs" || return 1
	sed -i 's/ sip:/ /' "$LAB_DIR/theirs"
	E2E_WHY="dispatchctl route failed"
	"$LAB_CTL" route --path kernel --json --list "$LAB_DIR/slots.list" --affinity hash --slot-rule kamailio \
		--algorithm "$1" --set "$2" "${@:4}" "$dir"/* |
		jq -r '"\(.file) \(.destination // "nobody")"' >"$LAB_DIR/ours" || return 1
	[[ $(wc -l <"$LAB_DIR/ours") == "$3" ]]
}

# Message by message.
alike() {
	local n

	n=$(diff "$LAB_DIR/theirs" "$LAB_DIR/ours" | grep -c '^<')
	E2E_WHY="$n of $1 differ: $(diff "$LAB_DIR/theirs" "$LAB_DIR/ours" | grep -m 1 '^<') here $(diff "$LAB_DIR/theirs" "$LAB_DIR/ours" | grep -m 1 '^>' | cut -d ' ' -f 3)"
	((n == 0))
}

# How many each got; Kamailio shuffles.
alike_in_sum() {
	cut -d ' ' -f 2 "$LAB_DIR/theirs" | sort | uniq -c >"$LAB_DIR/theirs.sum"
	cut -d ' ' -f 2 "$LAB_DIR/ours" | sort | uniq -c >"$LAB_DIR/ours.sum"
	E2E_WHY="theirs $(tr -s ' \n' ' ' <"$LAB_DIR/theirs.sum"), ours $(tr -s ' \n' ' ' <"$LAB_DIR/ours.sum")"
	cmp -s "$LAB_DIR/theirs.sum" "$LAB_DIR/ours.sum"
}

# same NAME ALGORITHM SET MESSAGES CHECK [OPTION...]
same() {
	if ask "$2" "$3" "$4" "${@:6}" && "$5" "$4"; then
		asked=$((asked + $4))
		e2e_ok "$1"
	else
		mkdir -p "$LAB_DIR/log/$1"
		cp "$LAB_DIR/theirs" "$LAB_DIR/ours" "$LAB_DIR/log/$1/" 2>/dev/null
		e2e_not_ok "$1" "$E2E_WHY"
	fi
}

declare -A names=([0]=call-id [1]=from-uri [2]=to-uri [3]=request-uri [5]=auth-user [7]=key)
asked=0
e2e_begin "$@"
slots_list >"$LAB_DIR/slots.list"
kamailio_start 0 || e2e_not_ok kamailio "$E2E_WHY"
for algorithm in 0 1 2 3 5 7; do
	options=()
	((algorithm != 7)) || options=(--hash-key header:X-Account)
	for set in 1 2; do
		same "${names[$algorithm]}-set$set" "$algorithm" "$set" "$MESSAGES" alike "${options[@]}"
	done
done
same call-id-set4 0 4 "$TURNS" alike
same call-id-set5 0 5 20 alike
same call-id-set6 0 6 20 alike
for set in 1 2; do
	same "round-robin-set$set" 4 "$set" "$TURNS" alike
	same "serial-set$set" 8 "$set" "$TURNS" alike
done
same serial-set4 8 4 "$TURNS" alike
same weight-set3 9 3 "$TURNS" alike_in_sum
same weight-set4 9 4 "$TURNS" alike_in_sum
lab_kill kamailio0
kamailio_start 1 || e2e_not_ok kamailio "$E2E_WHY"
for algorithm in 1 2 3; do
	same "${names[$algorithm]}-user-only" "$algorithm" 2 "$TURNS" alike --user-only
done
echo "# $asked messages were picked for alike (SEED=$SEED)"
e2e_end
