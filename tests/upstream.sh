#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Find the stock sources that `make upstream` compiles, and put copies of them into the directory given:
# virtio_balloon.c and page_reporting.c of Linux 6.1, virtio-balloon.c of QEMU 7.2.
#
# Taken from KDIR and QDIR when these are source trees, else from Debian's packages, which are kept in
# BALLAST_CACHE (default ~/.cache/ballast).  Nothing of them is ever put into this repository.
set -eu

out=$1
cache=${BALLAST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ballast}

fail() {
	echo "ballast: upstream: $1" >&2
	exit 2
}

deb_src() {
	# deb-src lines made from the machine's own entries, for this call only
	mkdir -p "$cache/apt/lists/partial"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^deb /deb-src /p' > "$cache/apt/src.list" || true
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		awk '/^URIs:/ { u = $2 } /^Suites:/ { $1 = ""; s = $0 } /^Components:/ { $1 = ""; c = $0 }
			function put(n, a, i) { n = split(s, a, " "); for (i = 1; i <= n; i++)
				if (u != "") print "deb-src " u " " a[i] c }
			/^$/ { put(); u = "" } END { put() }' "$f" >> "$cache/apt/src.list"
	done
}

kernel_source() {
	if [ -n "${KDIR:-}" ]; then
		[ -f "$KDIR/mm/page_reporting.c" ] || fail "KDIR=$KDIR is no Linux source tree"
		echo "$KDIR"
		return
	fi
	dir=$cache/linux-source-6.1
	if [ ! -f "$dir/mm/page_reporting.c" ]; then
		mkdir -p "$cache/linux-deb" "$dir"
		(cd "$cache/linux-deb" && apt-get download -qq linux-source-6.1 >&2) ||
			fail "linux-source-6.1 cannot be downloaded; set KDIR to a Linux 6.1 source tree"
		dpkg-deb --fsys-tarfile "$cache"/linux-deb/linux-source-6.1_*.deb |
			tar -xO ./usr/src/linux-source-6.1.tar.xz |
			tar -xJ -C "$dir" --strip-components=1 --wildcards \
				'*/drivers/virtio/virtio_balloon.c' '*/mm/page_reporting.c'
	fi
	echo "$dir"
}

qemu_source() {
	if [ -n "${QDIR:-}" ]; then
		[ -f "$QDIR/hw/virtio/virtio-balloon.c" ] || fail "QDIR=$QDIR is no QEMU source tree"
		echo "$QDIR"
		return
	fi
	dir=$cache/qemu/src
	if [ ! -f "$dir/hw/virtio/virtio-balloon.c" ]; then
		mkdir -p "$cache/qemu"
		deb_src
		opts="-o Dir::Etc::sourcelist=$cache/apt/src.list -o Dir::Etc::sourceparts=/dev/null
			-o Dir::State::lists=$cache/apt/lists"
		(cd "$cache/qemu" && apt-get $opts update -qq >&2 &&
			apt-get $opts source -qq --download-only qemu >&2) ||
			fail "QEMU's source package cannot be downloaded; set QDIR to a QEMU 7.2 source tree"
		mkdir -p "$dir"
		tar -xJf "$cache"/qemu/qemu_*.orig.tar.xz -C "$dir" --strip-components=1 --wildcards \
			'*/hw/virtio/virtio-balloon.[ch]'
	fi
	echo "$dir"
}

mkdir -p "$out"
k=$(kernel_source)
q=$(qemu_source)
cp "$k/drivers/virtio/virtio_balloon.c" "$k/mm/page_reporting.c" "$out/"
mkdir -p "$out/hw/virtio"
cp "$q/hw/virtio/virtio-balloon.c" "$out/"
cp "$q/include/hw/virtio/virtio-balloon.h" "$out/hw/virtio/"
