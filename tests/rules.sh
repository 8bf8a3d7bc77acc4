#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rules.sh [--ran]: which test proves which rule of a stateless SIP element, from
# tests/rules.tsv, and what became of it when it last ran, from the logs of tests/run.
# Prints the table, what is missing, and counts. Fails if a rule is not in the table or
# has no test, if the table names a test that is not there, or if one failed. With --ran
# also if one did not run, is older than its test, or is not among those that its file ran.
set -uo pipefail

TESTS=$(cd "$(dirname "$0")" && pwd)
BUILT=${RULES_BUILT:-$TESTS/../build/tests}
cd "$TESTS" || exit 1
RAN=0
[[ ${1:-} != --ran ]] || RAN=1

# What ran: "FILE passed|failed|skipped NAME" a line, and "FILE old" or "FILE none" for a log that says nothing.
results() {
	local file log made

	cut -f 4 rules.tsv | grep -oE '(unit|prog|e2e)/[a-z0-9_]+\.(c|sh)' | sort -u | while read -r file; do
		log=$BUILT/log/${file%.c}.log
		made=$file
		[[ $file == *.sh ]] || made=$BUILT/${file%.c}
		if [[ ! -e $log ]]; then
			printf '%s\tnone\n' "$file"
			continue
		fi
		[[ ! $made -nt $log ]] || printf '%s\told\n' "$file"
		awk -v file="$file" '
			!/^(not )?ok / && !/^skip / { next }
			{
				verdict = /^ok / ? "passed" : "failed"
				if (/^skip / || /# *[Ss][Kk][Ii][Pp]/)
					verdict = "skipped"
				sub(/^(not ok|ok|skip) */, "")
				sub(/^[0-9]+ *(- *)?/, "")
				sub(/^# *[Ss][Kk][Ii][Pp] */, "")
				print file "\t" verdict "\t" $0
			}' "$log"
	done
}

awk -F '\t' -v ran="$RAN" '
	# The section of a rule by its number, as sip-rules.md has them.
	function section(rule, i) {
		if (rule == "P")
			return "P"
		for (i = 1; i <= sections; i++)
			if (rule + 0 <= last[i])
				return letter[i]
	}
	function wrong(what) {
		problem[++problems] = what
	}
	# Whether the file has the text: a string of a C file that begins so, or a word of a script.
	function written(file, name, line) {
		if (!(file in text)) {
			text[file] = ""
			while ((getline line < file) > 0)
				text[file] = text[file] line "\n"
			close(file)
		}
		return index(text[file], file ~ /\.c$/ ? "\"" name : name) > 0
	}
	# The worst verdict of the tests whose name begins so, behind the prefix of their table or with it.
	function outcome(file, name, i, at, worst) {
		worst = ""
		for (i = 1; i <= many[file]; i++) {
			at = index(ran_name[file, i], name)
			if (at != 1 && (at < 3 || substr(ran_name[file, i], at - 2, 2) != ": "))
				continue
			if (worst == "" || rank[ran_verdict[file, i]] > rank[worst])
				worst = ran_verdict[file, i]
		}
		return worst
	}
	# One test of a rule: FILE:NAME, or FILE:NAME (CHECK), a check inside it. Returns what became of it.
	function judge(rule, test, file, name, check, verdict) {
		file = test
		sub(/:.*/, "", file)
		name = substr(test, length(file) + 2)
		if (match(name, / \([^()]*\)$/)) {
			check = substr(name, RSTART + 2, RLENGTH - 3)
			name = substr(name, 1, RSTART - 1)
			if (!written(file, check))
				wrong("rule " rule " names a check that is not there: " test)
		}
		if (name == "" || (!written(file, name) && outcome(file, name) == "")) {
			wrong("rule " rule " names a test that is not there: " test)
			return "missing"
		}
		verdict = none[file] ? "not run" : outcome(file, name)
		if (verdict == "")
			verdict = "not among those run"
		if (old[file])
			verdict = "not run since it changed"
		if (verdict == "failed" || (ran && verdict ~ /^not/))
			wrong("rule " rule ": " verdict ": " test)
		return verdict
	}
	BEGIN {
		sections = split("A B C D E F G H I J K L M N O Q", letter, " ")
		split("13 23 36 46 52 58 65 70 80 86 95 103 108 113 118 128", last, " ")
		rank["passed"] = 1; rank["skipped"] = 2; rank["not run"] = 3; rank["not run since it changed"] = 3
		rank["not among those run"] = 4; rank["missing"] = 5; rank["failed"] = 6
	}
	FNR == NR {
		if ($2 == "none")
			none[$1] = 1
		else if ($2 == "old")
			old[$1] = 1
		else {
			ran_verdict[$1, ++many[$1]] = $2
			ran_name[$1, many[$1]] = $3
		}
		next
	}
	/^#/ { next }
	NF != 4 || seen[$1]++ { wrong("line " FNR ": four columns, each rule once"); next }
	{
		rules++
		n = split($4, test, "; ")
		worst = "passed"
		for (i = 1; i <= n; i++) {
			became[i] = judge($1, test[i])
			if (rank[became[i]] > rank[worst])
				worst = became[i]
		}
		printf "%-4s %s %s  %-58s %-8s %d %s: %s\n", $1, section($1), $2, $3, worst, n, n == 1 ? "test" : "tests", $4
		count[worst]++
	}
	END {
		for (i = 1; i <= 128; i++)
			if (!seen[i])
				wrong("rule " i " is not in the table")
		if (!seen["P"])
			wrong("table P is not in the table")
		print ""
		line = rules + 0 " rules; " count["passed"] + 0 " passed in the last run"
		for (i in count)
			if (i != "passed")
				line = line ", " count[i] " " i
		for (i = 1; i <= problems; i++)
			print "rules.tsv: " problem[i]
		print line
		exit problems > 0
	}' <(results) rules.tsv
