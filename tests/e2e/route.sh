#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dispatchctl route: its files, errors and exit codes, and that both paths and the
# running instance say the same.
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
CTL=${LAB_CTL:-$TOP/build/dispatchctl}
DIR=$(mktemp -d)
FAILED=0
trap 'rm -rf "$DIR"' EXIT

# is NAME WANT GOT
is() {
	if [[ $2 == "$3" ]]; then
		echo "ok $1"
	else
		echo "not ok $1"
		printf '  want: %s\n  got:  %s\n' "$2" "$3"
		FAILED=1
	fi
}

# message FILE CALL-ID
message() {
	printf '%s\r\n' "INVITE sip:b@192.0.2.1 SIP/2.0" "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK$2" \
		"From: <sip:a@example.com>;tag=1" "To: <sip:b@example.com>" "Call-ID: $2" "CSeq: 1 INVITE" \
		"Content-Length: 0" "" >"$1"
}

# status COMMAND...: the exit status, its output kept in $DIR/out and $DIR/err.
status() {
	timeout 30 "$@" >"$DIR/out" 2>"$DIR/err"
	echo $?
}

# field NAME: its values in the JSON lines of the last command.
field() {
	jq -r ".$1" "$DIR/out" | paste -sd ' '
}

# where MODE-OPTION...: verdict, reason and destination of one message.
where() {
	status "$CTL" route --json "$@" "$DIR/mode.sip" >/dev/null
	jq -r '[.verdict, .reason, .destination // "-"] | join(" ")' "$DIR/out"
}

modes() {
	message "$DIR/mode.sip" one
	is "route: dsr" "forward request 192.0.2.30:5060" "$(where --mode dsr)"
	is "route: ipip" "forward request 192.0.2.30:5060" "$(where --mode ipip --tunnel-source 192.0.2.9)"
	is "route: ipip over the other family" "reply no_destination -" \
		"$(where --mode ipip --tunnel-source 2001:db8::9)"
	is "route: shield" "pass shielded -" "$(where --mode shield)"
	is "route: dsr in the kernel" 2 "$(status "$CTL" route --mode dsr --path kernel "$DIR/mode.sip")"
}

files() {
	local bad

	mkdir "$DIR/one" "$DIR/two"
	message "$DIR/one/a.sip" one
	message "$DIR/two/a.sip" two
	: >"$DIR/empty"
	head -c 65508 /dev/zero >"$DIR/big"
	for bad in nothing-there empty big one; do
		is "route: bad file $bad" 1 "$(status "$CTL" route --json "$DIR/$bad" "$DIR/one/a.sip")"
		is "route: after $bad the rest" "null forward" "$(field verdict)"
		is "route: error of $bad" "string null" "$(field 'error | type')"
	done
	is "route: without JSON a bad file" 1 "$(status "$CTL" route "$DIR/empty")"
	is "route: without JSON its error" 1 "$(grep -c "$DIR/empty" "$DIR/err")"
	is "route: standard input" 0 "$(status "$CTL" route --json - <"$DIR/one/a.sip")"
	is "route: its fields" "- request INVITE forward request one 192.0.2.30:5060" \
		"$(jq -r '[.file, .kind, .method, .verdict, .reason, .key, .destination] | join(" ")' "$DIR/out")"
	is "route: --emit" 0 "$(status "$CTL" route --json --emit "$DIR/emit" "$DIR"/{one,two}/a.sip)"
	is "route: names in --emit" "a.sip.2.out a.sip.out" "$(cd "$DIR/emit" && printf '%s\n' * | LC_ALL=C sort | paste -sd ' ')"
	is "route: octets in --emit" "$(field out_bytes)" \
		"$(stat -c %s "$DIR/emit/a.sip.out" "$DIR/emit/a.sip.2.out" | paste -sd ' ')"
}

# By a configuration: which route a message takes, the same by both paths.
routed() {
	local path

	printf '1 sip:192.0.2.30\n1 sip:192.0.2.31\n2 sip:192.0.2.40\n' >"$DIR/routed.list"
	cat >"$DIR/routed.conf" <<-'END'
		interfaces = {eth0}
		list = "routed.list"
		listen "192.0.2.1:5060" {
		  route "no" { method = {"INVITE"} user = {"49"} action = reply code = 603 }
		  route "calls" { method = {"INVITE", "BYE"} set = 1 algorithm = round-robin }
		  route "back" { from-set = 2 host = {"192.0.2.1"} set = 1 }
		}
	END
	message "$DIR/calls.sip" one
	sed 's/sip:b@192.0.2.1 /sip:4930@192.0.2.1 /; s/^Call-ID.*/&\nSubject: room for what a reply has more than this/' \
		"$DIR/calls.sip" | sed 's/\r*$/\r/' >"$DIR/no.sip"
	sed 's/INVITE/OPTIONS/; s/^Call-ID.*/&\nSubject: room for what a reply has more than this/' \
		"$DIR/no.sip" | sed 's/1 INVITE/1 OPTIONS/; s/\r*$/\r/' >"$DIR/none.sip"
	for path in user kernel; do
		is "route: --config by $path" 0 "$(status "$CTL" route -c "$DIR/routed.conf" --path "$path" --json \
			"$DIR"/{no,calls,none}.sip)"
		is "route: by $path, its number, name and action" "1 no reply 603|2 calls forward 1|-" \
			"$(jq -r '.route // {} | [.number, .name, .action, .code // .set // empty] | map(. // empty) |
				join(" ") | if . == "" then "-" else . end' "$DIR/out" | paste -sd '|')"
		is "route: by $path, its criteria" '["method","user"]|["method"]|null' \
			"$(jq -c .route.by "$DIR/out" | paste -sd '|')"
		"$CTL" route -c "$DIR/routed.conf" --path "$path" --from 192.0.2.40:5060 "$DIR/none.sip" >"$DIR/out"
		is "route: by $path as text" 'route 3 "back" by from-set, host: forward to set 1, call-id' \
			"$(grep -o 'route 3.*call-id' "$DIR/out")"
	done
	is "route: --config with --list" 2 "$(status "$CTL" route -c "$DIR/routed.conf" --list x "$DIR/no.sip")"
	is "route: --config without that listener" 4 \
		"$(status "$CTL" route -c "$DIR/routed.conf" --listen 192.0.2.9:5060 "$DIR/no.sip")"
	echo nonsense >>"$DIR/routed.conf"
	is "route: --config with errors" 3 "$(status "$CTL" route -c "$DIR/routed.conf" "$DIR/no.sip")"
}

usage() {
	is "route: no message" 2 "$(status "$CTL" route)"
	is "route: unknown option" 2 "$(status "$CTL" route --sideways "$DIR/one/a.sip")"
	is "route: two families" 2 \
		"$(status "$CTL" route --from 192.0.2.20:5062 --listen '[2001:db8::1]:5060' "$DIR/one/a.sip")"
	is "route: --live with a list" 2 "$(status "$CTL" route --live --list "$DIR/list" "$DIR/one/a.sip")"
	echo "1 nowhere at all" >"$DIR/bad"
	is "route: list with errors" 3 "$(status "$CTL" route --list "$DIR/bad" "$DIR/one/a.sip")"
	is "route: no such set" 3 "$(status "$CTL" route --list "$DIR/list" --set 9 "$DIR/one/a.sip")"
	is "route: no such instance" 4 "$(status "$CTL" route --live --instance "none-$$" "$DIR/one/a.sip")"
	is "route: IPv6" 0 "$(status "$CTL" route --json --from '[2001:db8::20]:5062' "$DIR/one/a.sip")"
	is "route: IPv6 destination" "[2001:db8::30]:5060" "$(field destination)"
}

# In a network and a mount namespace of its own: an instance of these tables says what route says without it.
live() {
	local n

	mount -t bpf bpf /sys/fs/bpf || return
	ip link add rt0 type veth peer name rt1
	ip addr add 192.0.2.1/24 dev rt0
	ip link set rt0 up
	ip link set rt1 up
	sysctl -qw net.ipv4.conf.rt0.forwarding=1
	for n in 1 2 3 4 5 6 7 8 9; do
		message "$DIR/$n.sip" "call-$n"
	done
	for n in 0 4; do
		"$CTL" attach rt0 --listen 192.0.2.1:5060 --file "$DIR/list" --algorithm "$n" --key-file "$DIR/key" \
			>"$DIR/attach" 2>&1 || cat "$DIR/attach"
		"$CTL" route --live "$DIR"/[1-9].sip >"$DIR/live"
		is "route: algorithm $n, all forwarded" 9 "$(grep -c ' forward ' "$DIR/live")"
		is "route: algorithm $n, live by the kernel" "$(cat "$DIR/live")" \
			"$("$CTL" route --live --path kernel "$DIR"/[1-9].sip)"
		is "route: algorithm $n, from the list" "$(cat "$DIR/live")" \
			"$("$CTL" route --list "$DIR/list" --algorithm "$n" --key-file "$DIR/key" "$DIR"/[1-9].sip)"
		is "route: algorithm $n, from the list by the kernel" "$(cat "$DIR/live")" \
			"$("$CTL" route --list "$DIR/list" --algorithm "$n" --key-file "$DIR/key" --path kernel \
				"$DIR"/[1-9].sip)"
		is "route: algorithm $n, counters untouched" 0 "$("$CTL" stats --json | jq '.verdicts | add')"
		"$CTL" detach >"$DIR/detach" 2>&1 || cat "$DIR/detach"
	done
}

printf '1 sip:192.0.2.30\n1 sip:192.0.2.31:5070\n1 sip:192.0.2.32\n' >"$DIR/list"
echo 000102030405060708090a0b0c0d0e0f >"$DIR/key"
chmod 600 "$DIR/key"
files
modes
usage
routed
export TOP CTL DIR FAILED
export -f is message live
unshare --net --mount bash -c "live; exit \$FAILED" || FAILED=1
exit "$FAILED"
