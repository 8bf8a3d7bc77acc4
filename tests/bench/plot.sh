# SPDX-License-Identifier: GPL-2.0-or-later
#
# plot.sh - sourced by what draws: every plot as SVG and as PNG, of the same size.

# plot_write FILE: the gnuplot commands of stdin into FILE.svg and FILE.png.
plot_write() {
	local commands format

	commands=$(cat)
	for format in svg png; do
		gnuplot <<-EOF
			set terminal $([[ $format == svg ]] && echo "svg size 900,520 background '#ffffff'" || echo "png size 900,520")
			set output "$1.$format"
			set datafile separator "\t"
			$commands
		EOF
	done
}
