#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dist/examples: each is accepted, and does with a request what its comment says, by the kernel's programs and in user space.
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
CTL=${LAB_CTL:-$TOP/build/dispatchctl}
EXAMPLES=$TOP/dist/examples
DIR=$(mktemp -d)
FAILED=0
CLIENT=192.0.2.20:5062
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

# message METHOD CALL-ID TO [TAG] writes one into $DIR/msg.
message() {
	printf '%s\r\n' "$1 sip:$3@example.com SIP/2.0" "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK$2;rport" \
		"Max-Forwards: 70" "From: <sip:alice@example.com>;tag=1" "To: <sip:$3@example.com>${4:-}" \
		"Call-ID: $2" "CSeq: 1 $1" "User-Agent: a name that leaves room for what an answer has more" \
		"Content-Length: 0" "" >"$DIR/msg"
}

# does EXAMPLE WANT FROM METHOD CALL-ID TO [TAG]: route's number, verdict, code, and the place, by both paths.
does() {
	local path

	message "${@:4}"
	for path in user kernel; do
		is "example $1: $4${7:+ in a dialog} from $3 by $path" "$2" "$("$CTL" route -c "$EXAMPLES/$1.conf" \
			--path "$path" --from "$3" --emit "$DIR/$path" --json "$DIR/msg" | jq -r '[.route.number // "-",
			.verdict, .code // (if .verdict == "reply" then .route.code else null end) // empty,
			.destination // empty] | join(" ")')"
	done
	is "example $1: $4, the same octets by both" "" "$(diff -q "$DIR/user" "$DIR/kernel" 2>&1)"
	rm -rf "$DIR/user" "$DIR/kernel"
}

for conf in "$EXAMPLES"/*.conf; do
	"$CTL" check -q --no-dns -c "$conf" >"$DIR/out" 2>&1
	is "example $(basename "$conf" .conf): accepted" 0 "$?$(cat "$DIR/out")"
done
is "check names -c where a configuration is no list" 1 \
	"$("$CTL" check --no-dns "$EXAMPLES/drop.conf" 2>&1 >/dev/null | grep -c 'dispatchctl check -c')"
does round-robin "- forward 192.0.2.31:5060" "$CLIENT" INVITE one bob
does invite-only "1 forward 192.0.2.31:5060" "$CLIENT" INVITE one bob
does invite-only "3 reply 404" "$CLIENT" REGISTER one bob
does invite-only-per-cpu "3 reply 404" "$CLIENT" OPTIONS one bob
does drop "1 drop" "$CLIENT" INVITE one bob
does one-host "1 forward 192.0.2.33:5060" "$CLIENT" INVITE one bob
does rewrite-host "1 forward 192.0.2.33:5060" "$CLIENT" INVITE one bob
does register-and-invite "1 forward 192.0.2.33:5060" "$CLIENT" REGISTER one bob
does two-sides "1 forward 192.0.2.31:5060" 192.0.2.33:5060 INVITE five bob
does two-sides "2 forward 192.0.2.33:5060" 192.0.2.31:5060 INVITE one bob
does two-sides "- reply 404" "$CLIENT" INVITE one bob
does redirect "1 redirect 301" "$CLIENT" INVITE one bob
does redirect "2 reply 404" "$CLIENT" OPTIONS one bob
exit "$FAILED"
