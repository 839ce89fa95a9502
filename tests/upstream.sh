#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# upstream.sh --linux: print the version whose names and meanings sources of KSRC, or LINUX, are compiled with.
# upstream.sh DIR: find the stock sources that `make upstream` compiles, and put copies of them into DIR:
# virtio_balloon.c, page_reporting.c, (as balloon_core.c) what keeps a balloon's pages, virtio_ring.c and
# virtio.c of Linux, virtio-balloon.c of QEMU; and the versions whose names and meanings they are compiled
# with in DIR/levels.mk.
#
# Taken from KSRC and QSRC when these are source trees, else from Debian's packages of the versions in LINUX
# and QEMU (6.1 and 7.2), of which only these files are unpacked.  Of a tree, LINUX and QEMU are the newest
# version of the model that is not newer than it, unless they are given.  Nothing of them is ever put into
# this repository.
set -eu
what=upstream
. "$(dirname "$0")/real/cache.sh"
. "$(dirname "$0")/real/suites.sh"

out=$1
linux_levels="5.10 5.15 6.1 6.6 6.12 7.2 7.3"
qemu_levels="7.2 8.2 9.2 10.0 10.2"

# The newest of the versions $2... that is not newer than $1; the oldest one, if all are.
not_newer() {
	version=$1
	shift
	level=$1
	for known in "$@"; do
		[ "$(printf '%s\n' "$known" "$version" | sort -V | head -n 1)" != "$known" ] || level=$known
	done
	echo "$level"
}

# Whether $1 is one of the versions $3...; $2 is the variable that says so.
need_level() {
	version=$1
	variable=$2
	shift 2
	for known in "$@"; do
		[ "$known" != "$version" ] || return 0
	done
	fail "$variable=$version is not a version that the model has; allowed: $*"
}

linux_version() {
	if [ -z "${KSRC:-}" ] || [ -n "${LINUX:-}" ]; then
		need_level "${LINUX:-6.1}" LINUX $linux_levels
		echo "${LINUX:-6.1}"
		return
	fi
	need_linux_tree
	version=$(sed -n 's/^VERSION = //p; s/^PATCHLEVEL = //p' "$KSRC/Makefile" 2>/dev/null | paste -sd.)
	[ -n "$version" ] || { echo 6.1; return; }
	not_newer "$version" $linux_levels
}

qemu_version() {
	if [ -z "${QSRC:-}" ] || [ -n "${QEMU:-}" ]; then
		need_level "${QEMU:-7.2}" QEMU $qemu_levels
		echo "${QEMU:-7.2}"
		return
	fi
	need_qemu_tree
	version=$(cut -d. -f 1-2 "$QSRC/VERSION" 2>/dev/null || true)
	[ -n "$version" ] || { echo 7.2; return; }
	not_newer "$version" $qemu_levels
}

# A directory with the files of Linux $1.
linux_source() {
	if [ -n "${KSRC:-}" ]; then
		need_linux_tree
		echo "$KSRC"
		return
	fi
	dir=$cache/linux-files-$1
	# one of before has fewer of them
	if [ ! -f "$dir/drivers/virtio/virtio_ring.c" ]; then
		[ "$1" = 6.1 ] && deb=$(linux_deb) || deb=$(suites_linux "$1")
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO "./usr/src/linux-source-$1.tar.xz" |
			tar -xJ -C "$dir.part" --strip-components=1 --wildcards \
				'*/drivers/virtio/virtio_balloon.c' '*/drivers/virtio/virtio_ring.c' \
				'*/drivers/virtio/virtio.c' '*/mm/page_reporting.c' '*/mm/balloon*.c' ||
			fail "$deb is damaged; remove it and try again"
		rm -rf "$dir"
		mv "$dir.part" "$dir"
	fi
	echo "$dir"
}

# A directory with the two files of QEMU $1.
qemu_source() {
	if [ -n "${QSRC:-}" ]; then
		need_qemu_tree
		echo "$QSRC"
		return
	fi
	[ "$1" = 7.2 ] && dir=$cache/qemu/src || dir=$cache/qemu-$1-src/files
	if [ ! -d "$dir" ]; then
		[ "$1" = 7.2 ] && dsc=$(qemu_dsc) || dsc=$(suites_qemu "$1")
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		tar -xJf "${dsc%-*}.orig.tar.xz" -C "$dir.part" --strip-components=1 --wildcards \
			'*/hw/virtio/virtio-balloon.[ch]' ||
			fail "$dsc has no whole archive beside it; remove $(dirname "$dsc") and try again"
		mv "$dir.part" "$dir"
	fi
	echo "$dir"
}

if [ "$out" = --linux ]; then
	linux_version
	exit
fi
mkdir -p "$out"
lock upstream
linux=$(linux_version)
qemu=$(qemu_version)
k=$(linux_source "$linux")
q=$(qemu_source "$qemu")
cp "$k/drivers/virtio/virtio_balloon.c" "$k/mm/page_reporting.c" "$out/"
rm -f "$out/balloon_core.c" "$out/virtio_ring.c" "$out/virtio.c"
# until 5.19 a balloon's pages moved with a file system, and queues had no largest size
if [ "${linux%%.*}" -ge 6 ]; then
	for core in balloon_compaction balloon; do
		[ ! -f "$k/mm/$core.c" ] || cp "$k/mm/$core.c" "$out/balloon_core.c"
	done
	for part in virtio_ring virtio; do
		[ ! -f "$k/drivers/virtio/$part.c" ] || cp "$k/drivers/virtio/$part.c" "$out/"
	done
fi
mkdir -p "$out/hw/virtio"
cp "$q/hw/virtio/virtio-balloon.c" "$out/"
cp "$q/include/hw/virtio/virtio-balloon.h" "$out/hw/virtio/"
printf 'UPSTREAM_LINUX := %s\nUPSTREAM_QEMU_VERSION := %s\n' "$linux" "$qemu" >"$out/levels.mk"
