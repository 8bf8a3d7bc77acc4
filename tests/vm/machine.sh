# SPDX-License-Identifier: GPL-2.0-or-later
#
# machine.sh - sourced by what starts a kernel that Debian packages in a virtual machine without KVM: kernels are downloaded
# and unpacked below build/vm, nothing is installed. Messages begin with $VM_WHO.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VM=$TOP/build/vm
root=$VM/root
running= # what start() waits for

machine_stop() {
	[[ -z $running ]] || kill "$running" 2>/dev/null || true
}
trap machine_stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

die() {
	echo "$VM_WHO: $*" >&2
	exit 1
}

# The package that a meta-package stands for.
resolve() {
	local name

	name=$(apt-cache depends "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[[ -n $name ]] || name=$1
	echo "$name"
}

# fetch PACKAGE: unpacked below build/vm; prints where.
fetch() {
	local name dir

	name=$(resolve "$1")
	dir=$VM/$name
	if [[ ! -d $dir/boot ]]; then
		echo "$VM_WHO: downloading $name" >&2
		rm -rf "$dir" "$VM/download"
		mkdir -p "$VM/download"
		(cd "$VM/download" && apt-get -q download "$name" >/dev/null 2>"$VM/download.err") ||
			die "cannot download $name: $(tail -n 1 "$VM/download.err"); remedy: apt-get update"
		mkdir -p "$dir"
		dpkg -x "$VM"/download/*.deb "$dir"
		rm -rf "$VM/download"
	fi
	echo "$dir"
}

# module DIR NAME: it and what it depends on, in the order of loading, into the root below $root.
module() {
	local file depends one

	[[ ! -e $root/modules/$2.ko ]] || return 0
	file=$(find "$1/lib/modules" -name "$2.ko*" | head -n 1)
	[[ -n $file ]] || return 0
	if [[ $file == *.xz ]]; then
		xz -dc "$file" >"$root/modules/$2.ko"
	else
		cp "$file" "$root/modules/$2.ko"
	fi
	depends=$(tr '\0' '\n' <"$root/modules/$2.ko" | sed -n 's/^depends=//p' | head -n 1)
	for one in ${depends//,/ }; do
		module "$1" "$one"
	done
	echo "$2.ko" >>"$root/modules/order"
}

# A program and the libraries that it is linked with.
program() {
	local lib

	install -D "$1" "$root$2"
	ldd "$1" | grep -o '/[^ ]*' | while read -r lib; do
		[[ -e $root$lib ]] || install -D "$lib" "$root$lib"
	done
}

# image_begin DIR MODULE...: what a machine with that kernel starts with, but for what it shall do.
image_begin() {
	local dir=$1 one

	shift
	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,modules,sipxdp}
	: >"$root/modules/order"
	for one in "$@"; do
		module "$dir" "$one"
	done
	install "$(command -v busybox)" "$root/bin/busybox"
	program "$(command -v ip)" /sbin/ip
	# busybox's own shell takes its own ip before any other
	program "$(command -v dash)" /bin/sh
	install "$TOP/tests/vm/init" "$root/init"
}

# image_end RUN: the script that it runs in /sipxdp.
image_end() {
	install "$1" "$root/sipxdp/run"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$VM/initrd"
}

# start DIR SECONDS OPTION...: what the machine says on stdout, until it switches itself off, is late, or we are
# interrupted.
start() {
	local dir=$1 limit=$2

	shift 2
	timeout "$limit" qemu-system-x86_64 -cpu max -m 2048 -nodefaults -display none -no-reboot -serial stdio \
		-kernel "$dir"/boot/vmlinuz-* -initrd "$VM/initrd" -append "console=ttyS0 quiet panic=-1" "$@" \
		</dev/null 2>&1 &
	running=$!
	wait "$running" || true
	running=
}
