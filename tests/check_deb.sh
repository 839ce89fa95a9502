#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Are the Debian packages sound?  check_deb.sh DIRECTORY BALLAST: builds them twice, in different folders,
# time zones, locales and with different umasks, which has to give the same bytes; lintian has to be content;
# and in a Debian with nothing but what the packages depend on they have to do what the tree's executable
# BALLAST does, and go without a trace.
# Takes root, for debootstrap and chroot; status 77 without.  Whatever is mounted is so in a namespace of its own.
set -eu
cd "$(dirname "$0")/.."
out=$1
ballast=$2
suite=bookworm
cache=${BALLAST_CACHE:-$HOME/.cache/ballast}

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
rm -rf "$out/one" "$out/two" "$out/root"

(umask 022; TZ=UTC LC_ALL=C HOME=/nonexistent sh tests/deb.sh "$out/one")
(umask 077; TZ=Pacific/Auckland LC_ALL=C.UTF-8 sh tests/deb.sh "$out/two/a/folder/further-down")
cd "$out/one"
for deb in *.deb; do
	cmp "$deb" "$out/two/a/folder/further-down/$deb" || fail "$deb is not reproducible"
done
say "$(ls ./*.deb | wc -l) packages are the same in both builds"

lintian --allow-root --fail-on error,warning ./*.changes || fail "lintian is not content"
say "lintian has nothing to say"

[ "$(id -u)" = 0 ] || { say "skipped: installing takes root"; exit 77; }

# A Debian of its own, kept as an archive: the same one serves the next time.
base=$cache/debootstrap-$suite.tar
root=$out/root
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"
if [ ! -f "$base" ]; then
	mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" "Component: main" | head -n 1)
	debootstrap --variant=minbase "$suite" "$root" "${mirror:-http://deb.debian.org/debian}" \
		>"$out/debootstrap.log" 2>&1 ||
		{ say "skipped: debootstrap does not work here: $(tail -n 1 "$out/debootstrap.log")"; exit 77; }
	mkdir -p "$cache"
	tar -C "$root" -cf "$base.part" . && mv "$base.part" "$base"
else
	tar -C "$root" -xf "$base"
fi

inside() {
	unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@"
}

# The user of the packages is not root.
as_user() {
	inside setpriv --reuid=nobody --regid=nogroup --clear-groups sh -ec "cd /work; $1"
}

mkdir "$root/debs" "$root/work"
for deb in ballast ballast-view ballast-dev; do
	cp "${deb}"_[0-9]*.deb "$root/debs/"
done
cp /etc/resolv.conf "$root/etc/"
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
