#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh GROUP...         install what is missing of the groups build, lab, test, bench, vm
# deps.sh --check GROUP... one sentence and failure if something is missing
# deps.sh --root WHAT      the same if not root or if the kernel is too old for WHAT
# deps.sh --bpftool        print the bpftool to use
#
# Things are looked for where they are used (a program, a header), so what was
# installed by hand counts. Never installs a kernel, never leaves a service
# running or enabled that came with a package. DEPS=no declines, DEPS=yes does
# not ask.
set -euo pipefail

KERNEL_MIN=6.1
POLICY=/usr/sbin/policy-rc.d
SAVED=$POLICY.before-sipxdp
MARK='# temporary, by sipxdp deps.sh'
PATH=$PATH:/usr/sbin:/sbin

die() {
	echo "sipxdp: $*" >&2
	exit 1
}

# ---- what is needed: group, how to look for it, package, why. Packages that are
# called differently by the distributions start with @ and are named below.
needs() {
	cat <<-'EOF'
		build prog:gcc gcc compiles dispatchctl
		build prog:make make reads the Makefile
		build prog:pkg-config pkg-config finds the libraries
		build clang @clang compiles the XDP program
		build bpftool @bpftool makes the skeleton from the XDP program
		build header:stdio.h libc6-dev headers of the C library and the kernel
		build header:bpf/libbpf.h libbpf-dev loads the XDP program
		build header:libelf.h libelf-dev needed by libbpf
		build header:zlib.h zlib1g-dev needed by libbpf
		build header:event2/event.h libevent-dev the event loop
		build header:jansson.h libjansson-dev JSON
		build header:confuse.h libconfuse-dev the configuration file
		build header:ares.h libc-ares-dev resolves names
		lab prog:ip iproute2 builds the network of namespaces
		lab prog:ethtool ethtool sets checksum offload
		lab prog:sipp sip-tester the SIP callers and answerers
		lab prog:setpriv util-linux ends the lab with its parent
		test header:cmocka.h libcmocka-dev the unit tests
		test prog:kamailio kamailio tests with a real SIP server (its service stays off)
		test prog:tshark tshark a second opinion on packets
		test prog:tcpdump tcpdump captures packets
		lab prog:jq jq reads JSON output
		test prog:nft nftables drops packets on purpose
		test prog:svmap sipvicious scans as many on the Internet do
		test prog:sipsak sipsak sends what SIP servers stumble over
		test fuzzer @libclang-rt the fuzzers
		valgrind prog:valgrind valgrind looks for errors of memory
		bench prog:gnuplot gnuplot-nox draws the plots
		vm prog:qemu-system-x86_64 qemu-system-x86 starts other kernels
		vm prog:busybox busybox-static is all that runs there beside the tests
		vm prog:xz xz-utils unpacks kernel modules
		vm prog:ipvsadm ipvsadm sets up IPVS there (nothing of it starts here)
		vm clangs @clangs the oldest compiler that is supported, the newest and one between
	EOF
}

clang_name() {
	local name

	for name in ${CLANG:-clang-14 clang-19 clang}; do
		if command -v "$name" >/dev/null; then
			echo "$name"
			return
		fi
	done
	return 1
}

# Ubuntu's bpftool is a script that wants the running kernel's own copy; any copy does.
bpftool_name() {
	local name

	for name in bpftool /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool; do
		if command -v "$name" >/dev/null && "$name" version >/dev/null 2>&1; then
			command -v "$name"
			return
		fi
	done
	return 1
}

clang_major() {
	"$(clang_name)" -dumpversion | cut -d. -f1
}

# Debian 12 has all three; elsewhere what is installed has to do.
have_clangs() {
	local name

	[[ $(distribution) == debian12 ]] || return 0
	for name in clang-14 clang-16 clang-19; do
		command -v "$name" >/dev/null || return
	done
}

have_fuzzer() {
	local clang file

	clang=$(clang_name) || return 1
	for file in "libclang_rt.fuzzer-$(uname -m).a" libclang_rt.fuzzer.a; do
		[[ -e $("$clang" -print-file-name="$file") ]] && return
		[[ -e $("$clang" -print-resource-dir)/lib/linux/$file ]] && return
	done
	return 1
}

have() {
	local dir

	case $1 in
	prog:*) command -v "${1#prog:}" >/dev/null ;;
	clang) clang_name >/dev/null ;;
	bpftool) bpftool_name >/dev/null ;;
	fuzzer) have_fuzzer ;;
	clangs) have_clangs ;;
	header:*)
		for dir in /usr/include/*-linux-gnu* /usr/include /usr/local/include; do
			[[ -e $dir/${1#header:} ]] && return
		done
		return 1
		;;
	esac
}

distribution() {
	# shellcheck source=/dev/null
	(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}") || true
}

package() {
	local major

	case $1 in
	@clang)
		case ${CLANG:-}$(distribution) in
		clang-*) echo "$CLANG" ;;
		debian12) echo clang-14 ;;
		debian13) echo clang-19 ;;
		*) echo clang ;;
		esac
		;;
	@clangs) echo clang-14 clang-16 clang-19 ;;
	@bpftool)
		case $(distribution) in
		ubuntu24.04 | ubuntu22.04) echo linux-tools-common linux-tools-generic ;;
		*) echo bpftool ;;
		esac
		;;
	@libclang-rt)
		if major=$(clang_major 2>/dev/null); then
			echo "libclang-rt-$major-dev"
			return
		fi
		case $(distribution) in
		debian12) echo libclang-rt-14-dev ;;
		debian13) echo libclang-rt-19-dev ;;
		*) echo libclang-rt-dev ;;
		esac
		;;
	*) echo "$1" ;;
	esac
}

# Sets PACKAGES and REASONS to what the groups lack.
look() {
	local group check name why

	PACKAGES=()
	REASONS=()
	while read -r group check name why; do
		[[ " $* " == *" $group "* ]] || continue
		have "$check" && continue
		name=$(package "$name")
		# shellcheck disable=SC2206 # one need can be two packages
		PACKAGES+=($name)
		REASONS+=("$(printf '%-30s %s' "$name" "$why")")
	done < <(needs)
}

need_kernel() {
	local running

	running=$(uname -r)
	[[ $(printf '%s\n' "$KERNEL_MIN" "${running%%-*}" | sort -V | head -n 1) == "$KERNEL_MIN" ]] ||
		die "$1 needs Linux $KERNEL_MIN or newer and this is $running; remedy: boot a newer kernel of your" \
			"distribution (nothing here installs one)"
}

need_root() {
	((EUID == 0)) || die "$1 needs root (it loads XDP programs and makes network namespaces); remedy: sudo make $1"
}

# ---- installing

policy_restore() {
	grep -qsF "$MARK" "$POLICY" && rm -f "$POLICY"
	if [[ -e $SAVED || -L $SAVED ]]; then
		mv -f "$SAVED" "$POLICY"
	fi
}

# No service starts while packages are installed (deb-policy-rc.d: 101 is "not allowed").
policy_forbid() {
	policy_restore
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	if [[ -e $POLICY || -L $POLICY ]]; then
		mv "$POLICY" "$SAVED"
	fi
	printf '#!/bin/sh\n%s\nexit 101\n' "$MARK" >"$POLICY"
	chmod 755 "$POLICY"
}

installed() {
	dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^ii  *//p' | sort
}

# services PACKAGE...: the names of the services that they bring.
services() {
	dpkg -L "$@" | sed -nE 's,^(/usr)?/lib/systemd/system/([^@/]+)\.service$,\2,p; s,^/etc/init\.d/([^/]+)$,\1,p' | sort -u
}

# Only what our packages brought: a service that was here before is not ours.
services_off() {
	local service

	(($#)) || return 0
	for service in $(services "$@"); do
		if command -v systemctl >/dev/null; then
			if systemctl is-enabled --quiet "$service" 2>/dev/null; then
				systemctl disable --now "$service" >/dev/null 2>&1 ||
					systemctl disable "$service" >/dev/null 2>&1 || true
			fi
			if systemctl is-active --quiet "$service" 2>/dev/null; then
				systemctl stop "$service"
			fi
			! systemctl is-active --quiet "$service" 2>/dev/null ||
				die "the service $service came with a package and cannot be stopped; remedy:" \
					"systemctl disable --now $service"
		elif [[ -x /etc/init.d/$service ]]; then
			update-rc.d "$service" disable >/dev/null || true
		fi
	done
}

# However the installation ended: what it brought so far is off and the policy is the old one.
finish() {
	local new

	trap - EXIT
	trap '' INT TERM HUP
	mapfile -t new < <(comm -13 <(echo "$BEFORE") <(installed))
	policy_restore
	services_off "${new[@]}"
}

ask() {
	local answer

	case ${DEPS:-} in
	no | n | 0) return 1 ;;
	yes | y | 1) return 0 ;;
	esac
	[[ -t 0 && -t 1 ]] || return 0
	read -r -p "Install them? [Y/n] " answer || return 1
	[[ ! $answer =~ ^[nN] ]]
}

install() {
	local apt=(apt-get -o DPkg::Lock::Timeout=300) plan line

	line="apt-get install --no-install-recommends ${PACKAGES[*]}"
	command -v apt-get >/dev/null ||
		die "missing ${PACKAGES[*]} (Debian's names), and there is no apt-get here; remedy: install them by hand"
	echo "Packages that are missing:"
	printf '  %s\n' "${REASONS[@]}"
	ask || die "not installing ${PACKAGES[*]}; remedy: $line"
	((EUID == 0)) || die "installing ${PACKAGES[*]} needs root; remedy: sudo $line"

	export DEBIAN_FRONTEND=noninteractive
	"${apt[@]}" -qq update || die "apt-get update failed; remedy: see its message above"
	plan=$("${apt[@]}" -s install --no-install-recommends "${PACKAGES[@]}") ||
		die "apt-get cannot install ${PACKAGES[*]}; remedy: $line, and see its message"
	if grep -q '^Inst linux-image' <<<"$plan"; then
		die "${PACKAGES[*]} would bring a kernel, which is yours to decide; remedy: $line"
	fi
	BEFORE=$(installed)
	policy_forbid
	"${apt[@]}" -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${PACKAGES[@]}" </dev/null >&2 ||
		die "apt-get could not install ${PACKAGES[*]}; remedy: $line, and see its message"
	finish
	trap - INT TERM HUP
}

main() {
	case ${1:-} in
	--bpftool)
		bpftool_name || echo bpftool
		;;
	--root)
		need_root "$2"
		need_kernel "$2"
		;;
	--check)
		look "${@:2}"
		((${#PACKAGES[@]} == 0)) ||
			die "missing ${PACKAGES[*]}; remedy: make deps, or apt-get install ${PACKAGES[*]}"
		;;
	build | lab | test | bench)
		[[ "$*" == build ]] || need_kernel sipxdp
		look "$@"
		((${#PACKAGES[@]})) || return 0
		install
		look "$@"
		((${#PACKAGES[@]} == 0)) || die "still missing after the installation: ${PACKAGES[*]}"
		;;
	*)
		sed -n '4,7s/^# //p' "$0"
		return 2
		;;
	esac
}

main "$@"
