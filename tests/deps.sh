#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Install what building and testing need and this machine lacks (Debian 12).
set -eu

packages="gcc make libc6-dev device-tree-compiler libfdt-dev libzstd-dev liblzma-dev check pkg-config
	libjson-c-dev libarchive-dev libsqlite3-dev libxml2-dev xz-utils"
# what reads exports, for tests of them
exports="protobuf-compiler babeltrace2"
# the other shell that command lines are completed in
shells="zsh"
# to build real kernels, modules and QEMU, and to boot them
real="linux-headers-cloud-amd64 dpkg-dev sparse perl flex bison bc kmod libelf-dev libssl-dev util-linux
	meson ninja-build python3 libglib2.0-dev libpixman-1-dev zlib1g-dev qemu-system-data seabios coccinelle
	valgrind universal-ctags"
# the viewer, and to use it in tests as a person would
viz="libsdl2-dev libpng-dev libfreetype-dev fonts-dejavu-core"
# to open reports, and to look at them on paper
reports="chromium poppler-utils"
# to make Debian packages, and to look at and install them (the viewer is one)
deb="build-essential debhelper lintian debootstrap $viz"
case ${1:-} in
deb) packages="$packages $deb" ;;
ci) packages="$packages $real $deb $exports $shells $reports clang libclang-rt-14-dev xvfb xauth xdotool xclip" ;;
viz) packages="$packages $viz" ;;
real) packages="$packages $real" ;;
esac

missing=""
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "ballast: please install:$missing" >&2
	exit 2
fi
run=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "ballast: please install:$missing" >&2; exit 2; }
	run="sudo"
fi
echo "installing:$missing"
$run apt-get update -qq
DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing >/dev/null
