# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# examples.sh - the configurations of dist/examples in the lab, as they are but for the names of the interfaces, and what
# sipp wrote down of each message. Needs lab.sh, sipp.sh, e2e.sh and daemon.sh.

EXAMPLES=$LAB_TOP/dist/examples
EXAMPLE_DIR=$LAB_DIR/examples
EXAMPLE_VIP=192.0.2.1:5060
EXAMPLE_N=0
DAEMON_CONF=$EXAMPLE_DIR/dispatchctl.conf

# The list's destinations have the addresses that it says, beyond the director.
examples_begin() {
	local n

	e2e_begin "$@"
	mkdir -p "$EXAMPLE_DIR"
	cp "$EXAMPLES/dispatcher.list" "$EXAMPLE_DIR/"
	for ((n = 1; n <= LAB_DESTS; n++)); do
		lab_run "dest$n" ip addr add "192.0.2.3$n/32" dev eth0
		lab_run director ip route add "192.0.2.3$n/32" dev sv0
	done
	SIPP_COMMON+=(-trace_msg)
}

# example_attach NAME [LINE...]: the daemon takes the example, and these lines, and no pings are sent.
example_attach() {
	rm -rf "${LAB_DIR:?}"/log/uas* "${LAB_DIR:?}"/log/uac* "$DAEMON_STATE"
	sed 's/^interfaces = .*/interfaces = {"cl0", "sv0"}/' "$EXAMPLES/$1.conf" >"$DAEMON_CONF"
	printf '%s\n' "state-file = \"$DAEMON_STATE\"" "control { path = \"$DAEMON_SOCKET\" }" "ping { probe = none }" \
		"${@:2}" >>"$DAEMON_CONF"
	# the kernel passes nothing to the daemon before its first heartbeat
	daemon_start && return
	E2E_WHY="the daemon does not take it: $(cat "$LAB_DIR/log/daemon.err")"
	return 1
}

# example_detach NAME keeps what was counted, and ends everything.
example_detach() {
	e2e_stats "$1"
	lab_kill_all
	e2e_detach || e2e_not_ok "$1-detach" "$(head -n 1 "$LAB_DIR/log/detach.err")"
}

# example NAME CHECK [LINE...]: the example is attached, and the function says whether it does what it should.
example() {
	E2E_WHY=
	if example_attach "$1" "${@:3}" && "$2"; then
		e2e_ok "$1: $2"
	else
		e2e_not_ok "$1: $2" "$E2E_WHY"
		cp -r "$LAB_DIR/log" "$LAB_DIR/log-$2"
	fi
	example_detach "$1"
}

# example_uas SCENARIO N... answers at these destinations.
example_uas() {
	local n

	for n in "${@:2}"; do
		SIPP_UAS_HOST=192.0.2.3$n
		sipp_uas 4 "$n" "$1"
	done
	sipp_ready "${@:2}"
}

# example_uac NS ADDRESS PORT CALLS SCENARIO [OPTION...]: one caller after the other, EXAMPLE_RATE calls a second; what it
# wrote is uac$EXAMPLE_N's. Pinned to EXAMPLE_CPU if that is set, and so are the packets that it sends.
example_uac() {
	local name pin=()

	EXAMPLE_N=$((EXAMPLE_N + 1))
	name=uac$EXAMPLE_N
	[[ -z ${EXAMPLE_CPU:-} ]] || pin=(taskset -c "$EXAMPLE_CPU")
	sipp_scenario "$5"
	sipp_ports
	sipp_files "$name"
	lab_spawn "$1" "$name" "${pin[@]}" sipp "$EXAMPLE_VIP" -sf "$LAB_DIR/$5.xml" -key via_params ";rport" \
		-i "$2" -p "$3" -l 1000 -m "$4" -r "${EXAMPLE_RATE:-20}" -timeout 20s -timeout_error \
		-cp "$SIPP_CONTROL" -mp "$SIPP_MEDIA" "${SIPP_COMMON[@]}" "${SIPP_FILES[@]}" "${@:6}"
	lab_wait "$name" 25
	E2E_WHY="$name: $(sipp_stat "$name" 'SuccessfulCall(C)') good of $4, $(head -n 3 "$LAB_DIR/log/$name.errors" \
		2>/dev/null | tr '\n' ' ')"
	(($(sipp_stat "$name" 'SuccessfulCall(C)') == $4))
}

# example_messages sent|received NAME [METHOD|CODE] writes them, octet for octet, to DIR/1, 2... and prints DIR; sipp
# says how many octets each message has.
example_messages() {
	local log=$LAB_DIR/log/$2.messages dir=$LAB_DIR/messages/$1-$2-${3:-all} at line len n=0

	rm -rf "$dir"
	mkdir -p "$dir"
	while IFS=: read -r at line; do
		len=${line#*[\[(]}
		len=${len%%[^0-9]*}
		tail -c "+$((at + ${#line} + 4))" "$log" 2>/dev/null | head -c "$len" >"$dir/message"
		[[ -z ${3:-} || $(head -n 1 "$dir/message") == "$3 "* || $(head -n 1 "$dir/message") == "SIP/2.0 $3 "* ]] ||
			continue
		mv "$dir/message" "$dir/$((++n))"
	done < <(grep -aboE "^UDP message $1 (\([0-9]+ bytes\)|\[[0-9]+\] bytes )" "$log" 2>/dev/null)
	rm -f "$dir/message"
	echo "$dir"
}

# example_ids sent|received NAME METHOD prints the Call-IDs in order.
example_ids() {
	local dir i

	dir=$(example_messages "$@")
	for ((i = 1; i <= $(find "$dir" -type f | wc -l); i++)); do
		sed -n 's/^Call-ID: //p' "$dir/$i" | tr -d '\r'
	done
}

# example_none N...: nothing at all came to these destinations.
example_none() {
	local n got

	for n in "$@"; do
		got=$(grep -c '^UDP message received' "$LAB_DIR/log/uas$n.messages" 2>/dev/null)
		E2E_WHY="destination $n got ${got:-0} messages, expected none"
		((${got:-0} == 0)) || return 1
	done
}

# example_undo FILE prints what the proxy got by what it sent: its Via off, the one below and Max-Forwards as they were.
example_undo() {
	sed -E -e "2{/^Via:  ?SIP\/2.0\/UDP $EXAMPLE_VIP;branch=z9hG4bK[0-9a-f]{16};sx=[0-9a-f]{16}\r\$/d}" \
		-e '3s/;received=[0-9.]+;rport=[0-9]+;/;rport;/; s/^Max-Forwards: 69/Max-Forwards: 70/' "$1"
}

# example_same WHAT WANT GOT: two files with the same octets.
example_same() {
	E2E_WHY="$1: $(diff "$2" "$3" | cat -A | tr '\n' ' ')"
	cmp -s "$2" "$3"
}

# example_forwarded UAC METHOD N...: each such message came to one of these destinations, once, octet for octet as the
# proxy sends it on (with EXAMPLE_URI as its Request-URI, if that is set). EXAMPLE_PLACES says who got them, in the order
# they were sent in, EXAMPLE_AT[CALL-ID METHOD] who got this one.
declare -A EXAMPLE_AT=()
example_forwarded() {
	local dirs=() got sent branch n i id

	EXAMPLE_PLACES=
	sent=$(example_messages sent "$1" "$2")
	for n in "${@:3}"; do
		dirs+=("$(example_messages received "uas$n" "$2")")
	done
	for ((i = 1; i <= $(find "$sent" -type f | wc -l); i++)); do
		branch=$(sed -n '2s/.*;\(branch=.*\r\)$/\1/p' "$sent/$i")
		id=$(sed -n 's/^Call-ID: \(.*\)\r$/\1/p' "$sent/$i")
		mapfile -t got < <(grep -rlF "$branch" "${dirs[@]}")
		E2E_WHY="$2 $i of $1 came to ${#got[@]} of $((${#dirs[@]}))"
		((${#got[@]} == 1)) || return 1
		sed "1s|^$2 [^ ]*|$2 ${EXAMPLE_URI:-$(cut -d' ' -f2 <(head -n 1 "$sent/$i"))}|" "$sent/$i" >"$LAB_DIR/want"
		example_undo "${got[0]}" >"$LAB_DIR/got"
		example_same "$2 $i of $1" "$LAB_DIR/want" "$LAB_DIR/got" || return 1
		n=${got[0]%/*}
		n=${n#*/received-uas}
		EXAMPLE_AT[$id $2]=${n%%-*}
		EXAMPLE_PLACES+="${EXAMPLE_PLACES:+ }${n%%-*}"
	done
	E2E_WHY="no $2 was sent by $1"
	[[ -n $EXAMPLE_PLACES ]]
}

# example_follows UAC METHOD N...: the same, and each came where the INVITE with its Call-ID had gone.
example_follows() {
	local key

	example_forwarded "$@" || return 1
	for key in "${!EXAMPLE_AT[@]}"; do
		E2E_WHY="$key came to ${EXAMPLE_AT[$key]}, its INVITE to ${EXAMPLE_AT[${key% *} INVITE]:-nobody}"
		[[ ${EXAMPLE_AT[$key]} == "${EXAMPLE_AT[${key% *} INVITE]:-}" ]] || return 1
	done
}

# example_answer UAC METHOD CODE REASON [CONTACT...]: each such request was answered so, octet for octet but for the tag,
# which is one of ours; the Contacts are those of the first, the second...
example_answer() {
	local sent got answer i

	sent=$(example_messages sent "$1" "$2")
	got=$(example_messages received "$1" "$3")
	for ((i = 1; i <= $(find "$sent" -type f | wc -l); i++)); do
		answer=$(grep -rlF "$(grep '^Call-ID: ' "$sent/$i")" "$got")
		{
			printf 'SIP/2.0 %s %s\r\n' "$3" "$4"
			sed -n -e '2s/;rport;/;received=192.0.2.20;rport=5061;/p' -e 's/^\(To: .*\)\r/\1;tag=sx\r/' \
				-e '/^\(From\|To\|Call-ID\|CSeq\): /p' "$sent/$i"
			((i + 4 > $#)) || printf 'Contact: %s\r\n' "${*:i+4:1}"
			printf 'Content-Length: 0\r\n\r\n'
		} >"$LAB_DIR/want"
		sed 's/^\(To: .*;tag=sx\)[0-9a-f]\{16\}\r/\1\r/' "${answer:-/dev/null}" >"$LAB_DIR/got"
		example_same "the answer to $2 $i" "$LAB_DIR/want" "$LAB_DIR/got" || return 1
	done
	E2E_WHY="no $2 was sent by $1"
	((i > 1))
}
