#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian packages of the files of this checkout: deb.sh DIRECTORY.  They are built in a copy of them in
# DIRECTORY, and are there when it ends well.
set -eu
cd "$(dirname "$0")/.."
out=$1
for tool in dpkg-buildpackage dh; do
	command -v "$tool" >/dev/null || {
		echo "ballast: deb: there is no '$tool' on this machine; run 'make deps-deb'" >&2
		exit 2
	}
done
rm -rf "$out"
mkdir -p "$out/ballast-0.1"
out=$(cd "$out" && pwd)
# What git knows, as it is now, with its own modes, whatever the umask was when it was checked out.
git ls-files -z | tar -c --null --mode=u=rwX,go=rX -T - | tar -x -C "$out/ballast-0.1"
cd "$out/ballast-0.1"
if ! MAKEFLAGS='' MAKELEVEL='' dpkg-buildpackage -us -uc -b -j"$(nproc)" >"$out/log" 2>&1; then
	tail -n 40 "$out/log" >&2
	exit 1
fi
cd ..
rm -rf ballast-0.1
