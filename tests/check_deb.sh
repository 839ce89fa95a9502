#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Are the Debian packages sound?  check_deb.sh DIRECTORY BALLAST: builds them twice, in different folders,
# time zones, locales and with different umasks, which has to give the same bytes; lintian has to be content;
# and in a Debian with nothing but what the packages depend on they have to do what the tree's executable
# BALLAST does, and go without a trace.
# Takes root, for debootstrap and chroot; status 77 without.
set -eu
cd "$(dirname "$0")/.."
. tests/debian_root.sh
out=$1
ballast=$2

say() {
	echo "check-deb: $1"
}

fail() {
	echo "check-deb: $1" >&2
	exit 1
}

for tool in lintian debootstrap unshare; do
	command -v "$tool" >/dev/null || fail "there is no '$tool' on this machine; run 'make deps-deb'"
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
ballast=$(realpath "$ballast")
rm -rf "$out/one" "$out/two"

(umask 022; TZ=UTC LC_ALL=C HOME=/nonexistent sh tests/deb.sh "$out/one")
(umask 077; TZ=Pacific/Auckland LC_ALL=C.UTF-8 sh tests/deb.sh "$out/two/a/folder/further-down")
cd "$out/one"
for deb in *.deb; do
	cmp "$deb" "$out/two/a/folder/further-down/$deb" || fail "$deb is not reproducible"
done
say "$(ls ./*.deb | wc -l) packages are the same in both builds"

lintian --allow-root --fail-on error,warning ./*.changes || fail "lintian is not content"
say "lintian has nothing to say"

debian_root check-deb "$out/root"

# The user of the packages is not root.
as_user() {
	inside setpriv --reuid=nobody --regid=nogroup --clear-groups sh -ec "cd /work; $1"
}

mkdir "$root/debs" "$root/work"
for deb in ballast ballast-view ballast-dev; do
	cp "${deb}"_[0-9]*.deb "$root/debs/"
done
inside sh -ec 'apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends /debs/*.deb; chown nobody /work' >"$out/install.log" 2>&1 ||
	{ tail -n 20 "$out/install.log" >&2; fail "the packages cannot be installed"; }
say "installed, with what they depend on"

# The same trace as of the tree's executable: names are as given, and nothing else says where things are.
run='run first.dts --overlay overlays/reporting.dtso --quiet --trace'
as_user "ballast $run chroot.trace"
(cd "$root/work" && env -u BALLAST_IMAGES -u BALLAST_SCENARIOS "$ballast" $run tree.trace)
cmp "$root/work/chroot.trace" "$root/work/tree.trace" || fail "the trace is another one than the tree's"
say "ballast run: the trace of the tree's executable"

as_user 'ballast demo >demo.txt 2>&1; grep -q "^Who wins?" demo.txt; test -s ballast-demo.html' ||
	{ cat "$root/work/demo.txt" >&2; fail "ballast demo"; }
say "ballast demo"

cp "$OLDPWD"/driver-src/linux/guest/virtio_ballast.c "$OLDPWD"/driver-src/linux/guest/compat.h "$root/work/"
as_user 'ballast build-image virtio_ballast.c -o mine && ballast run first.dts --until 3s \
	--set /guest/modules/balloon-driver/image=./mine | grep -q "\./mine\.so .*own"' || fail "ballast build-image"
say "ballast build-image, and a run with the image"

as_user 'ballast-view --version >/dev/null; ballast --version' | sed 's/^/  /'
inside sh -ec 'apt-get purge -y -qq ballast ballast-view ballast-dev >/dev/null 2>&1
	! find / -xdev -path /debs -prune -o -name "*ballast*" ! -path "/work/*" ! -path "/var/log/*" -print | grep .' ||
	fail "the packages leave something behind"
say "purged without a trace"
say ok
