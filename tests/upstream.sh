#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Find the stock sources that `make upstream` compiles, and put copies of them into the directory given:
# virtio_balloon.c and page_reporting.c of Linux 6.1, virtio-balloon.c of QEMU 7.2.
#
# Taken from KSRC and QSRC when these are source trees, else from Debian's packages, of which only these
# files are unpacked.  Nothing of them is ever put into this repository.
set -eu
what=upstream
. "$(dirname "$0")/real/cache.sh"

out=$1

kernel_source() {
	if [ -n "${KSRC:-}" ]; then
		need_linux_tree
		echo "$KSRC"
		return
	fi
	dir=$cache/linux-source-6.1
	if [ ! -d "$dir" ]; then
		deb=$(linux_deb)
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO ./usr/src/linux-source-6.1.tar.xz |
			tar -xJ -C "$dir.part" --strip-components=1 --wildcards \
				'*/drivers/virtio/virtio_balloon.c' '*/mm/page_reporting.c' ||
			fail "$deb is damaged; remove it and try again"
		mv "$dir.part" "$dir"
	fi
	echo "$dir"
}

qemu_source() {
	if [ -n "${QSRC:-}" ]; then
		need_qemu_tree
		echo "$QSRC"
		return
	fi
	dir=$cache/qemu/src
	if [ ! -d "$dir" ]; then
		dsc=$(qemu_dsc)
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		tar -xJf "${dsc%-*}.orig.tar.xz" -C "$dir.part" --strip-components=1 --wildcards \
			'*/hw/virtio/virtio-balloon.[ch]' ||
			fail "$dsc has no whole archive beside it; remove $cache/qemu and try again"
		mv "$dir.part" "$dir"
	fi
	echo "$dir"
}

mkdir -p "$out"
lock upstream
k=$(kernel_source)
q=$(qemu_source)
cp "$k/drivers/virtio/virtio_balloon.c" "$k/mm/page_reporting.c" "$out/"
mkdir -p "$out/hw/virtio"
cp "$q/hw/virtio/virtio-balloon.c" "$out/"
cp "$q/include/hw/virtio/virtio-balloon.h" "$out/hw/virtio/"
