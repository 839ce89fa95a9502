#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Do the README's commands work on a bare Debian?  check_bare.sh DIRECTORY TARGET...: in a Debian with nothing but
# git and make, without /dev/pts and without a terminal, a clone of what is committed here makes each target.
set -eu
cd "$(dirname "$0")/.."
. tests/debian_root.sh
out=$1
shift

say() {
	echo "check-bare: $1"
}

for tool in debootstrap unshare git; do
	command -v "$tool" >/dev/null || {
		echo "check-bare: there is no '$tool' on this machine; run 'make deps-deb'" >&2
		exit 1
	}
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
debian_root check-bare "$out/root"
git clone --quiet --bare --no-hardlinks . "$root/ballast.git"
# What the README says comes first.
inside sh -ec 'apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends git make ca-certificates; git clone --quiet /ballast.git /ballast' >"$out/install.log" 2>&1 ||
	{ tail -n 20 "$out/install.log" >&2; say "git and make cannot be installed, or there is nothing to clone"; exit 1; }
say "a Debian of $(inside dpkg-query -W | wc -l) packages; $(inside git -C /ballast log -1 --format=%h)"
for target; do
	start=$(date +%s)
	status=0
	# Variables of the make that runs this are not of the newcomer's.
	inside env -i HOME=/root PATH="$PATH" make -C /ballast "$target" </dev/null >"$out/log" 2>&1 || status=$?
	cp "$out/log" "$out/$target.log"
	if [ $status -ne 0 ]; then
		tail -n 60 "$out/log" >&2
		say "make $target: status $status; all of it is in $out/$target.log"
		exit 1
	fi
	say "make $target: $(($(date +%s) - start)) s; $(grep -v '^make: ' "$out/log" | tail -n 1)"
done
say ok
