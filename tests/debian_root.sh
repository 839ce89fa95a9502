# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A Debian of its own to try things in, for scripts that source this: debian_root NAME DIRECTORY unpacks one
# that has nothing but its package manager, and names it NAME in what is said; inside COMMAND... runs in it.
# It is made by debootstrap and kept as an archive in BALLAST_CACHE: the same one serves the next time.
# Takes root; status 77 ends the script where there is none, or no mirror.  Whatever is mounted is so in a
# namespace of its own, /dev is what debootstrap makes of it, and the root goes when the script ends.

debian_suite=bookworm

debian_root() {
	name=$1
	root=$2
	base=${BALLAST_CACHE:-$HOME/.cache/ballast}/debootstrap-$debian_suite.tar

	[ "$(id -u)" = 0 ] || { echo "$name: skipped: a Debian of its own takes root"; exit 77; }
	rm -rf "$root"
	trap 'rm -rf "$root"' EXIT
	mkdir -p "$root"
	if [ -f "$base" ]; then
		tar -C "$root" -xf "$base"
	else
		mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $debian_suite" \
			"Component: main" | head -n 1)
		debootstrap --variant=minbase "$debian_suite" "$root" "${mirror:-http://deb.debian.org/debian}" \
			>"$root.log" 2>&1 || {
			echo "$name: skipped: debootstrap does not work here: $(tail -n 1 "$root.log")"
			exit 77
		}
		mkdir -p "$(dirname "$base")"
		tar -C "$root" -cf "$base.part" . && mv "$base.part" "$base"
	fi
	cp /etc/resolv.conf "$root/etc/"
}

inside() {
	unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@"
}
