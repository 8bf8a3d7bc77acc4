// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_errors_test.c - what is said of a configuration that is not taken, and that nothing which is no configuration does
 * harm.
 */
#include "conf_scene.h"

/* said: what the lines of diagnostics have to hold, one after the other, separated by '|'; nothing else is said. */
static const struct bad {
	const char *name;
	const char *text;
	const char *said;
} bad[] = {
	{ "nothing", "", "0:0: error: no interface|0:0: error: no listener" },
	{ "a comment", "# x\n/* y\n*/", "0:0: error: no interface|0:0: error: no listener" },
	/* syntax: what is before it is checked, what is missing is not */
	{ "no equal sign", BASE "calls 5", "3:7: error: 5 here, expected '=' after calls" },
	{ "no value", BASE "calls =", "3:8: error: end of the file, expected a value of calls" },
	{ "append to one", BASE "calls += 5", "3:7: error: += here, expected '=' after calls" },
	{ "list for one value", BASE "calls = {5}", "3:9: error: { here, expected a value of calls" },
	{ "semicolon", BASE "calls = 5;", "3:10: error: character that has no meaning outside quotes" },
	{ "range outside quotes", BASE "ping { codes = 200,300 }",
	  "3:19: error: , here, expected the name of an option" },
	{ "brace too many", BASE "}", "3:1: error: } here, expected the name of an option" },
	{ "no brace at the end", BASE "ping { jitter = 99", "3:17: error: jitter '99'|3:19: error: end of the file" },
	{ "no comma", BASE "ping { headers = {\"A: b\" \"C: d\"} }",
	  "3:26: error: \"C: d\" here, expected ',' or '}'" },
	{ "no title", BASE "set { }", "3:5: error: { here, expected which one" },
	{ "no brace", BASE "control path = x", "3:9: error: path here, expected '{' after control" },
	{ "open string", BASE "list = \"a\nb\"", "3:8: error: string without an end" },
	{ "open string at the end", BASE "list = \"a\\", "3:8: error: string without an end" },
	{ "open comment", BASE "/* a", "3:1: error: comment without an end" },
	{ "escape", BASE "list = \"\\x41\"", "3:9: error: escape that is not known" },
	{ "environment", BASE "list = \"a${HOME}\"", "3:10: error: ${...} in double quotes" },
	{ "environment outside", BASE "list = ${HOME}", "3:8: error: character that has no meaning" },
	{ "slashes", BASE "list = a//b", "3:9: error: character that has no meaning" },
	{ "comment in a word", BASE "list = a/* b */", "3:9: error: character that has no meaning" },
	{ "broken in a route", "interfaces = a listen 192.0.2.1:1 { route a { set 5",
	  "1:51: error: 5 here, expected '=' after set" },
	{ "broken in a listener", "interfaces = a listen 192.0.2.1:1 { mode nat",
	  "1:42: error: nat here, expected '='" },
	{ "broken in a set", BASE "set 1 { all-down = default-destination default-destination",
	  "3:59: error: end of the file" },
	{ "quoted name", BASE "\"calls\" = 5", "3:1: error: \"calls\" here, expected the name of an option" },
	{ "not text", "\xff\xfe\x01", "1:1: error: character that has no meaning" },
	/* names */
	{ "unknown option", BASE "call = 5", "3:1: error: option call is unknown, did you mean calls?" },
	{ "unknown list", BASE "x = {1, 2}\ncalls = 0", "3:1: error: option x is unknown|4:9: error: calls '0'" },
	{ "unknown sections", BASE "acl \"a\" { b { c = 1 } }\nq { }\ncalls = 0",
	  "3:1: error: option acl is unknown|4:1: error: option q is unknown|5:9: error: calls '0'" },
	{ "unknown in a section", BASE "ping { interva = 1 fal = 2 }",
	  "3:8: error: option interva is unknown, did you mean interval?|3:20: error: option fal is unknown, did you mean fall?" },
	{ "elsewhere", BASE "interval = 5", "3:1: error: option interval is unknown here, expected it in ping" },
	{ "from elsewhere", BASE "ping { calls = 5 }",
	  "3:8: error: option calls is unknown here, expected it in the file" },
	{ "include", BASE "include(\"/etc/passwd\")",
	  "3:1: error: option include is unknown, expected all options in this one" },
	{ "unknown and no more", BASE "abc", "3:1: error: option abc is unknown|3:4: error: end of the file" },
	{ "unknown without end", BASE "abc { d", "3:1: error: option abc is unknown|3:8: error: end of the file" },
	/* twice */
	{ "option twice", BASE "calls = 5 calls = 6", "3:11: error: calls again, expected it once; it is in line 3" },
	{ "section twice", BASE "ping { }\nping { }", "4:1: error: ping again, expected it once; it is in line 3" },
	{ "set twice", BASE "set 1 { }\nset \"1\" { table-size = 4 }",
	  "4:5: error: set \"1\" again, expected it once; it is in line 3" },
	{ "set twice as a number", BASE "set 1 { }\nset 01 { }", "4:5: error: set 1 again" },
	{ "listener twice", BASE "listen 192.0.2.1:5060 { route a { set = 1 } }",
	  "3:8: error: listen \"192.0.2.1:5060\" again" },
	{ "listener twice by value",
	  "interfaces = a listen \"[2001:db8::1]:5\" { route a { set = 1 } }\nlisten \"[2001:DB8:0::1]:05\" { route a { set = 1 } }",
	  "2:8: error: listen \"[2001:DB8:0::1]:05\" again" },
	{ "interface twice", "interfaces = {a, b, a}\nlisten 192.0.2.1:1 { route a { set = 1 } }",
	  "1:21: error: interface a again" },
	{ "route twice", "interfaces = a listen 192.0.2.1:1 {\nroute a { set = 1 }\nroute a { set = 2 } }",
	  "3:7: error: route \"a\" again" },
	/* values */
	{ "instance", BASE "instance = \"a/b\"", "3:12: error: instance 'a/b'" },
	{ "no instance", BASE "instance = \"\"", "3:12: error: instance is empty" },
	{ "long instance", BASE "instance = abcdefghijklmnopqrstuvwxyz0123456789",
	  "3:12: error: instance of 36 octets, expected at most 32" },
	{ "no bpffs", BASE "bpffs = ''", "3:9: error: bpffs is empty" },
	{ "interface", "interfaces = {\"a b\", \"\", abcdefghijklmnop}\nlisten 192.0.2.1:1 { route a { set = 1 } }",
	  "1:15: error: interface 'a b'|1:22: error: interface ''|1:26: error: interfaces of 16 octets" },
	{ "xdp", BASE "xdp = on", "3:7: error: xdp 'on', expected auto, native, generic or off" },
	{ "list", BASE "list = ''", "3:8: error: list is empty" },
	{ "state file", BASE "state-file = ''", "3:14: error: state-file is empty" },
	{ "control characters", BASE "key-file = 'a\tb'", "3:12: error: character in key-file" },
	{ "no UTF-8", BASE "key-file = 'a\xff'", "3:12: error: character in key-file that cannot be printed" },
	{ "watch list", BASE "watch-list = maybe", "3:14: error: watch-list 'maybe', expected true or false" },
	{ "calls", BASE "calls = -1", "3:9: error: calls '-1', expected a number from 1 to" },
	{ "calls beyond", BASE "calls = 99999999999999999999999999", "3:9: error: calls '9999" },
	{ "calls hex", BASE "calls = 0x10", "3:9: error: calls '0x10'" },
	{ "CPUs", BASE "spread = 1-", "3:10: error: spread '1-', expected CPUs as in 1-3,5" },
	{ "table size", BASE "table-size = 100", "3:14: error: table-size 100, expected a prime" },
	{ "table size beyond", BASE "table-size = 2097143",
	  "3:14: error: table-size '2097143', expected a number from 2" },
	{ "drain", BASE "drain-timeout = 1500ms",
	  "3:17: error: drain-timeout '1500ms', expected a time from 0s to 8760h: a number with s," },
	{ "drain beyond", BASE "drain-timeout = 999999h", "3:17: error: drain-timeout '999999h'" },
	{ "listener by name", "interfaces = a listen localhost:5060 { route a { set = 1 } }",
	  "1:23: error: 'localhost:5060', expected ADDR:PORT" },
	{ "listener without port", "interfaces = a listen \"2001:db8::1\" { route a { set = 1 } }",
	  "1:23: error: '2001:db8::1', expected ADDR:PORT" },
	{ "listener's port", "interfaces = a listen 192.0.2.1:65536 { route a { set = 1 } }",
	  "1:23: error: port in '192.0.2.1:65536'" },
	{ "listener on no address", "interfaces = a listen 0.0.0.0:5060 { route a { set = 1 } }",
	  "1:23: error: '0.0.0.0:5060' is an address" },
	{ "listener in brackets", "interfaces = a listen \"[192.0.2.1]:5060\" { route a { set = 1 } }",
	  "1:23: error: '[192.0.2.1]:5060', expected" },
	{ "listener, empty", "interfaces = a listen \"\" { route a { set = 1 } }",
	  "1:23: error: '', expected ADDR:PORT" },
	{ "listener's mode", "interfaces = a listen 192.0.2.1:1 { mode = tun affinity = none route a { set = 1 } }",
	  "1:44: error: mode 'tun', expected proxy, nat, dsr, ipip or shield|1:59: error: affinity 'none', expected calls or hash" },
	{ "shield with a route", "interfaces = a listen 192.0.2.1:1 { mode = shield route a { set = 1 } }",
	  "1:23: error: shield with a route, expected none" },
	{ "dsr without a route", "interfaces = a listen 192.0.2.1:1 { mode = dsr }",
	  "1:23: error: listener without a route" },
	{ "ipip without a source", "interfaces = a listen 192.0.2.1:1 { mode = ipip route a { set = 1 } }",
	  "1:44: error: ipip without tunnel-source, expected an address of this host" },
	{ "ipip from the listener",
	  "interfaces = a listen 192.0.2.1:1 { mode = ipip tunnel-source = 192.0.2.1 route a { set = 1 } }",
	  "1:65: error: tunnel-source is the listener's address, expected another" },
	{ "failover of nat", "interfaces = a listen 192.0.2.1:1 { mode = nat failover = {500} route a { set = 1 } }",
	  "1:60: error: failover in another mode than proxy, expected mode = proxy" },
	{ "failover without calls",
	  "interfaces = a listen 192.0.2.1:1 { affinity = hash failover = {timeout} route a { set = 1 } }",
	  "1:65: error: failover without the table of calls" },
	{ "failover codes",
	  "interfaces = a listen 192.0.2.1:1 { failover = {200, 5, silence} failover-tries = 1 route a { set = 1 } }",
	  "1:49: error: failover '200', expected codes from 400|1:54: error: failover '5'|"
	  "1:57: error: failover 'silence'|1:83: error: failover-tries '1'" },
	{ "tunnel sources",
	  "interfaces = a listen 192.0.2.1:1 { mode = ipip tunnel-source = {x, ff02::1, 192.0.2.2, 192.0.2.3} route a { set = 1 } }",
	  "1:66: error: tunnel-source 'x', expected an IP address|1:69: error: tunnel-source 'ff02::1', expected an address of one host|"
	  "1:89: error: tunnel-source '192.0.2.3' is the second of its family" },
	{ "guard",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 } guard {\nallow = {192.0.2.0/24, 192.0.2.1/24, x}\n"
	  "deny = {192.0.2.0/24, 2001:db8::}\nrate = -1 burst = x } }",
	  "2:24: error: allow '192.0.2.1/24', expected no bits behind the prefix|2:38: error: allow 'x', expected ADDR or ADDR/LENGTH|"
	  "3:9: error: deny '192.0.2.0/24', expected each network once|4:8: error: rate '-1', expected a number from 0 to 1000000|"
	  "4:19: error: burst 'x'" },
	{ "guard's burst", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 } guard { rate = 1000 burst = 19 } }",
	  "1:85: error: burst of 19 with a rate of 1000, expected a burst of a fiftieth" },
	{ "keepalives of a proxy",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 } guard { keepalives = true } }",
	  "1:23: error: guard with keepalives, expected that with mode = shield only" },
	{ "guard without rate", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 } guard { burst = 19 } }",
	  "1:73: error: burst of 19 with a rate of 0, expected a rate" },
	{ "call load without calls",
	  "interfaces = a listen 192.0.2.1:1 { affinity = hash route a { set = 1 algorithm = call-load } }",
	  "1:23: error: algorithm call-load without the table of calls that it counts in, expected affinity = calls" },
	{ "parallel without calls",
	  "interfaces = a listen 192.0.2.1:1 { affinity = hash route a { set = 1 algorithm = parallel } }",
	  "1:23: error: algorithm parallel without the table of calls, by which a call stays with who answered" },
	{ "parallel in another mode",
	  "interfaces = a listen 192.0.2.1:1 { mode = nat route a { set = 1 algorithm = 12 } }",
	  "1:23: error: algorithm parallel in another mode than proxy" },
	{ "parallel with failover",
	  "interfaces = a listen 192.0.2.1:1 { failover = timeout route a { set = 1 algorithm = parallel } }",
	  "1:23: error: algorithm parallel with failover" },
	{ "parallel with redirect",
	  "interfaces = a listen 192.0.2.1:1 { route a { action = redirect set = 1 algorithm = parallel } }",
	  "1:23: error: algorithm parallel with another action than forward" },
	{ "no route", "interfaces = a listen 192.0.2.1:1 { }", "1:23: error: listener without a route" },
	{ "method", "interfaces = a listen 192.0.2.1:1 { route a { method = INVIT set = 1 } }",
	  "1:56: error: method 'INVIT', expected INVITE, ACK" },
	{ "action", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 action = send } }",
	  "1:64: error: action 'send', expected forward, host, reply, redirect, drop or pass" },
	{ "redirect without a set", "interfaces = a listen 192.0.2.1:1 { route a { action = redirect } }",
	  "1:43: error: route without a set" },
	{ "redirect with another code",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 action = redirect code = 305 } }",
	  "1:80: error: action redirect with code 305, expected code = 301 or 302" },
	{ "redirect in a dialog",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 action = redirect dialog = inside } }",
	  "1:43: error: action redirect with dialog = inside" },
	{ "rewriting an answer", "interfaces = a listen 192.0.2.1:1 { route a { action = drop rewrite-host = yes } }",
	  "1:76: error: rewrite-host, expected that with action = forward or host only" },
	{ "attributes of nobody",
	  "interfaces = a listen 192.0.2.1:1 { route a { action = drop apply-attributes = yes } }",
	  "1:80: error: apply-attributes, expected that with action = forward or redirect only" },
	{ "rewriting in nat mode",
	  "interfaces = a listen 192.0.2.1:1 { mode = nat route a { set = 1 rewrite-host = yes } }",
	  "1:23: error: route \"a\" that rewrites requests, expected that with mode = proxy only" },
	{ "a transport that is none", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 transport = http } }",
	  "1:67: error: transport 'http', expected any, udp, tcp, tls, sctp, ws or wss" },
	{ "source of a route", "interfaces = a listen 192.0.2.1:1 { route a { source = 10.0.0.1/8 set = 1 } }",
	  "1:56: error: source '10.0.0.1/8', expected no bits behind the prefix" },
	{ "set to come from", "interfaces = a listen 192.0.2.1:1 { route a { from-set = x set = 1 } }",
	  "1:58: error: from-set 'x', expected the number of a set, or none" },
	{ "user", "interfaces = a listen 192.0.2.1:1 { route a { user = 12345678901234567 set = 1 } }",
	  "1:54: error: user '12345678901234567', expected the first 1 to 16 octets" },
	{ "host", "interfaces = a listen 192.0.2.1:1 { route a { host = 'a:5060' set = 1 } }",
	  "1:54: error: host 'a:5060', expected a host without a port" },
	{ "reply without code", "interfaces = a listen 192.0.2.1:1 { route a { action = reply } }",
	  "1:43: error: action reply with code 0, expected code = 200 to 699" },
	{ "reply without reason", "interfaces = a listen 192.0.2.1:1 { route a { action = reply code = 499 } }",
	  "1:69: error: action reply with code 499, expected reason" },
	{ "header of every reply",
	  "interfaces = a listen 192.0.2.1:1 { route a { action = reply code = 404 headers = 'to: x' } }",
	  "1:83: error: header To is made for every reply" },
	{ "host without to", "interfaces = a listen 192.0.2.1:1 { route a { action = host } }",
	  "1:43: error: action host without a place" },
	{ "failover of routes",
	  "interfaces = a listen 192.0.2.1:1 { failover = {503} route a { set = 1 } route b { set = 2 } }",
	  "1:23: error: failover with routes that differ" },
	{ "host of nat", "interfaces = a listen 192.0.2.1:1 { mode = nat route a { action = host to = 192.0.2.2:1 } }",
	  "1:23: error: route \"a\" with the action host, expected that with mode = proxy only" },
	{ "route without set", "interfaces = a listen 192.0.2.1:1 { route a { } }",
	  "1:43: error: route without a set" },
	{ "route's name", "interfaces = a listen 192.0.2.1:1 { route 'a b' { set = 1 } }",
	  "1:43: error: route \"a b\"" },
	{ "route's set", "interfaces = a listen 192.0.2.1:1 { route a { set = x } }",
	  "1:53: error: set 'x', expected a number from 0 to" },
	{ "algorithm", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 algorithm = 16 } }",
	  "1:67: error: algorithm '16', expected one of call-id (0), from-uri (1)" },
	{ "algorithm key", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 algorithm = 7 } }",
	  "1:67: error: algorithm key without a key" },
	{ "hash-key", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 algorithm = key hash-key = \"from\" } }",
	  "1:82: error: hash-key 'from', expected call-id, from-uri" },
	{ "hash-key of a turn",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 algorithm = 4 hash-key = source } }",
	  "1:80: error: hash-key with the algorithm round-robin, expected one that hashes a key" },
	{ "slot-rule", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 slot-rule = 5 } }",
	  "1:67: error: slot-rule '5', expected consistent or kamailio" },
	{ "source by kamailio's rule",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 algorithm = 7 slot-rule = kamailio hash-key = source-ip } }",
	  "1:101: error: hash-key with the slot rule kamailio, expected none of source and source-ip" },
	{ "too many keys",
	  "interfaces = a listen 192.0.2.1:1 { route a { set = 1 algorithm = 5 hash-key = \"auth-user,source\" } }",
	  "1:80: error: hash-key with too many keys, expected 4 at most" },
	{ "probe", BASE "ping { probe = 4 }", "3:16: error: probe '4', expected none (0)" },
	{ "interval", BASE "ping { interval = 0 }",
	  "3:19: error: interval '0', expected a time from 10ms to 24h: a number with ms, s, min or h" },
	{ "interval's unit", BASE "ping { interval = 5d }", "3:19: error: interval '5d'" },
	{ "interval without a number", BASE "ping { interval = s }", "3:19: error: interval 's'" },
	{ "interval-max", BASE "ping { interval-max = 5s }",
	  "3:23: error: interval-max of 5000 ms with an interval of 10000 ms" },
	{ "jitter", BASE "ping { jitter = 51 }", "3:17: error: jitter '51', expected a number from 0 to 50" },
	{ "rise and fall", BASE "ping { rise = 0 fall = 70000 }", "3:15: error: rise '0'|3:24: error: fall '70000'" },
	{ "codes", BASE "ping { codes = \"200-199\" }",
	  "3:16: error: codes '200-199' from character 5 on: range that ends" },
	{ "codes like Kamailio", BASE "ping { codes = \"code=99\" }",
	  "3:16: error: codes 'code=99' from character 6 on: no status code" },
	{ "method", BASE "ping { method = INVITE }", "3:17: error: method INVITE is of calls" },
	{ "method of two words", BASE "ping { method = 'A B' }", "3:17: error: method 'A B', expected a word" },
	{ "no method", BASE "ping { method = '' }", "3:17: error: method is empty" },
	{ "from", BASE "ping { from = 'example.net' }", "3:15: error: from 'example.net' without a scheme" },
	{ "from, no URI", BASE "ping { from = 'sip:a@' }", "3:15: error: from 'sip:a@' from character 7 on" },
	{ "from, injected", BASE "ping { from = 'sip:a>;x@b' }",
	  "3:15: error: from 'sip:a>;x@b' from character 6 on: character not allowed" },
	{ "socket", BASE "ping { socket = 'tcp:192.0.2.2:5' }",
	  "3:17: error: socket 'tcp:192.0.2.2:5', expected ADDR" },
	{ "socket is a listener", BASE "ping { socket = 'udp:192.0.2.1:5060' }",
	  "3:17: error: socket 'udp:192.0.2.1:5060' is a listener's place" },
	{ "socket is a listener's, any address", BASE "ping { socket = '0.0.0.0:5060' }",
	  "3:17: error: socket '0.0.0.0:5060' is a listener's place" },
	{ "a set's socket is a listener", BASE "set 1 { ping { socket = '192.0.2.1:5060' } }",
	  "3:25: error: socket '192.0.2.1:5060' is a listener's" },
	{ "header without name", BASE "ping { headers = { \"b\", \": c\", \"A b: c\" } }",
	  "3:20: error: header 'b'|3:25: error: header ': c'|3:32: error: header 'A b: c'" },
	{ "header of ours", BASE "ping { headers = { \"call-id: x\", \"l : 5\" } }",
	  "3:20: error: header call-id is in every ping|3:34: error: header l is in every ping" },
	{ "header with a line's end", BASE "ping { headers = { 'A: b\rVia: c' } }",
	  "3:20: error: character in headers" },
	{ "header with an escape", BASE "ping { headers = { \"A: b\\r\\nVia: c\" } }",
	  "3:25: error: escape that is not known" },
	{ "headers", BASE "ping { headers = { 'A:', 'B:', 'C:', 'D:', 'E:', 'G:', 'H:', 'J:', 'K:' } }",
	  "3:68: error: one header too many, expected at most 8" },
	{ "passive", BASE "ping { passive { requests = x window = 1 s fail-percent = 0 } }",
	  "3:29: error: requests 'x'|3:42: error: option s is unknown|3:57: error: = here, expected" },
	{ "passive values", BASE "ping { passive { requests = 9999999 window = 10ms fail-percent = 0 } }",
	  "3:29: error: requests '9999999'|3:46: error: window '10ms'|3:66: error: fail-percent '0'" },
	{ "set", BASE "set x { }\nset -1 { }\nset 2147483648 { }",
	  "3:5: error: set \"x\"|4:5: error: set \"-1\"|5:5: error: set \"2147483648\"" },
	{ "set's table", BASE "set 1 { table-size = 1000 }", "3:22: error: table-size 1000, expected a prime" },
	{ "all down", BASE "set 1 { all-down = 503 }",
	  "3:20: error: all-down '503', expected reject, serve-all or default-destination" },
	{ "no default", BASE "set 1 { all-down = default-destination }",
	  "3:20: error: all-down = default-destination without one" },
	{ "empty default", BASE "set 1 { all-down = default-destination default-destination = '' }",
	  "3:20: error: all-down = default-destination without one" },
	{ "default refused", BASE "set 1 { all-down = default-destination default-destination = 'sip:' }",
	  "3:62: error: default-destination 'sip:'" },
	{ "control path",
	  BASE
	  "control { path = /tmp/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012 }",
	  "3:18: error: path of the control socket has 108 octets, expected at most 107" },
	{ "control mode", BASE "control { mode = 0888 }",
	  "3:18: error: mode '0888', expected octal digits from 0 to 777" },
	{ "control mode beyond", BASE "control { mode = 1777 }", "3:18: error: mode '1777'" },
	{ "group", BASE "control { group = abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm }",
	  "3:19: error: group of 65 octets" },
	{ "events", BASE "events { on-down = 'a\tb' jobs = 0 timeout = 1ms }",
	  "3:20: error: character in on-down|3:33: error: jobs '0'|3:45: error: timeout '1ms'" },
	{ "everything is said", "calls = 0\nxdp = x\nset a { }\nping { fall = 0 }\nfoo = 1\n",
	  "0:0: error: no interface|0:0: error: no listener|1:9: error: calls|2:7: error: xdp|3:5: error: set|4:15: error: fall|5:1: error: option foo" },
};

static void refuses(void **state)
{
	const struct bad *row = *state;
	char *said, *line, *rest, *want = strdup(row->said), *one, *next = want;
	struct conf *c = read_text(row->text, strlen(row->text), &said);

	check_true("refused", !c);
	rest = said;
	while ((one = strsep(&next, "|"))) {
		line = strsep(&rest, "\n");
		if (!line || strncmp(line, one, strlen(one)) != 0) {
			print_error("got \"%s\", want \"%s\"\n", line ? line : "", one);
			fail();
		}
	}
	check_str("what else is said", rest, "");
	free(said);
	free(want);
	conf_free(c);
}

static const struct warned {
	const char *name;
	const char *text;
	const char *said;
} warned[] = {
	{ "default that is not used", BASE "set 1 { default-destination = 'sip:a.example.net' }",
	  "3:31: warning: default-destination is never used" },
	{ "blind", BASE "ping { probe = inactive passive { requests = 0 } }",
	  "3:16: warning: nothing finds out that a destination died" },
	{ "a set made blind", BASE "ping { probe = inactive }\nset 1 { ping { passive { requests = 0 } } }",
	  "4:37: warning: nothing finds out that a destination died" },
	{ "time-out", BASE "ping { timeout = 10s }",
	  "3:18: warning: timeout of 10000 ms with an interval of 10000 ms" },
	{ "time-out by the interval", BASE "ping { interval = 1s }",
	  "3:19: warning: timeout of 1000 ms with an interval of 1000 ms" },
	{ "a set's time-out", BASE "ping { timeout = 5s }\nset 1 { ping { interval = 4s } }",
	  "4:27: warning: timeout of 5000 ms with an interval of 4000" },
	{ "transport", "interfaces = a listen 192.0.2.1:1 { route a { set = 1 transport = tcp } }",
	  "1:67: warning: transport other than udp" },
	{ "mode", BASE "control { mode = 0666 }", "3:18: warning: control socket with mode 0666" },
};

static void warns(void **state)
{
	const struct warned *row = *state;
	char *said;
	struct conf *c = read_text(row->text, strlen(row->text), &said);

	check_true("taken", c);
	check_true(said, !strncmp(said, row->said, strlen(row->said)));
	conf_free(c);
	free(said);
}

static void zero_octets(void **state)
{
	static const char text[] = "calls = 5\nlist = a\0b\n";
	char *said;

	(void)state;
	check_true("refused", !read_text(text, sizeof(text) - 1, &said));
	check_str("said", said, "2:9: error: zero octet, expected text\n");
	free(said);
}

/* No prefix of a file that is right does harm, and none is taken but those that are whole by chance. */
static void truncated(void **state)
{
	size_t n, len = strlen(conf_scene_full);
	char *said, *copy;

	(void)state;
	for (n = 0; n <= len; n++) {
		/* where it ends, so does the memory */
		copy = malloc(n + 1);
		memcpy(copy, conf_scene_full, n);
		conf_free(read_text(copy, n, &said));
		free(copy);
		free(said);
	}
}

/* The same again after errors: libconfuse keeps nothing of them. */
static void no_memory_of_errors(void **state)
{
	size_t i;
	char *said;

	(void)state;
	for (i = 0; i < TEST_COUNT(bad); i++) {
		conf_free(read_text(bad[i].text, strlen(bad[i].text), &said));
		free(said);
		conf_free(read_good(BASE));
	}
}

static void limits(void **state)
{
	char *text, *said;
	size_t size;
	struct conf *c;
	unsigned int i;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	fputs("interfaces = a\n", f);
	for (i = 0; i <= DS_LISTENERS_MAX; i++)
		fprintf(f, "listen 192.0.2.1:%u { route a { set = %u } }\n", i + 1, i);
	for (i = 0; i < DS_SETS_MAX; i++)
		fprintf(f, "set %u {}\n", i);
	fclose(f);
	c = read_text(text, size, &said);
	check_true("refused", !c);
	check_true("listeners", strstr(said, "66:8: error: one listener too many, expected at most 64"));
	check_true("sets", strstr(said, "error: one set too many, expected at most 4095"));
	free(said);
	free(text);
}

/* A file of many sections costs a bounded time. */
static void far_too_many(void **state)
{
	char *text, *said;
	size_t size;
	unsigned int i;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	for (i = 0; i < 100000; i++)
		fprintf(f, "set %u{}", i);
	fclose(f);
	check_true("refused", !read_text(text, size, &said));
	check_true(said, strstr(said, "no more sections"));
	free(said);
	free(text);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "refuses", refuses, bad);
	test_rows(&tests, "warns", warns, warned);
	test_add(&tests, "zero octets", zero_octets, NULL);
	test_add(&tests, "truncated", truncated, NULL);
	test_add(&tests, "no memory of errors", no_memory_of_errors, NULL);
	test_add(&tests, "limits", limits, NULL);
	test_add(&tests, "far too many", far_too_many, NULL);
	return test_run(&tests, "conf_errors");
}
