#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rules.sh: which test proves which rule of a stateless SIP element, from
# tests/rules.tsv. Prints the table, what is missing, and counts. Fails if a rule
# that is due now (sections A to J, L, P; 87, 88, 91) has no test, if a rule is not
# in the table, or if the table names a test that is not there.
set -uo pipefail

cd "$(dirname "$0")" || exit 1

awk -F '\t' '
	# The section of a rule by its number, as sip-rules.md has them.
	function section(rule, i) {
		if (rule == "P")
			return "P"
		for (i = 1; i <= sections; i++)
			if (rule + 0 <= last[i])
				return letter[i]
	}
	function due(rule) {
		return index("ABCDEFGHIJLP", section(rule)) || rule == 87 || rule == 88 || rule == 91
	}
	# Whether the file has the case: a string of a C file that begins so, or a word of a script.
	function exists(file, name, line, found) {
		if (!(file in text)) {
			text[file] = ""
			while ((getline line < file) > 0)
				text[file] = text[file] line "\n"
			close(file)
		}
		return index(text[file], file ~ /\.c$/ ? "\"" name : name) > 0
	}
	function wrong(what) {
		problem[++problems] = what
	}
	BEGIN {
		sections = split("A B C D E F G H I J K L M N O Q", letter, " ")
		split("13 23 36 46 52 58 65 70 80 86 95 103 108 113 118 128", last, " ")
	}
	/^#/ { next }
	NF != 4 || seen[$1]++ { wrong("line " NR ": four columns, each rule once"); next }
	{
		printf "%-4s %s %s  %-58s ", $1, section($1), $2, $3
		rules++
		if ($4 ~ /^not yet/) {
			print $4
			waiting = waiting " " $1
			if (due($1))
				wrong("rule " $1 " is due and has no test: " $3)
			next
		}
		n = split($4, test, "; ")
		print n (n == 1 ? " test" : " tests") ": " $4
		for (i = 1; i <= n; i++) {
			at = index(test[i], ":")
			if (!at || !exists(substr(test[i], 1, at - 1), substr(test[i], at + 1)))
				wrong("rule " $1 " names a test that is not there: " test[i])
		}
		proved++
	}
	END {
		for (i = 1; i <= 128; i++)
			if (!seen[i])
				wrong("rule " i " is not in the table")
		if (!seen["P"])
			wrong("table P is not in the table")
		print ""
		print proved + 0 " of " rules + 0 " rules have a test; without:" waiting
		for (i = 1; i <= problems; i++)
			print "rules.tsv: " problem[i]
		exit problems > 0
	}' rules.tsv
