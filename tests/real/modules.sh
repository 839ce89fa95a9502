#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules.sh KDIR DIR TARGET...: build our kernel modules out of tree against the headers in KDIR, in a
# shadow of driver-src in DIR, so that nothing is left beside the sources.
set -eu
what="make modules"
. "$(dirname "$0")/cache.sh"

kdir=$1
dir=$2
shift 2
[ -f "$kdir/Makefile" ] ||
	fail "no kernel headers in KDIR='$kdir'; run 'make deps-real', or set KDIR to headers of Linux 6.1"
version=$(sed -n 's/^VERSION = //p; s/^PATCHLEVEL = //p' "$kdir/Makefile" | paste -sd.)
# Debian's per-flavour headers have a Makefile that only names the common one
[ -n "$version" ] || version=$(sed -n 's/^#define UTS_RELEASE "\([0-9]*\.[0-9]*\).*/\1/p' \
	"$kdir/include/generated/utsrelease.h" 2>/dev/null || true)
case $version in
6.1) ;;
[6-9].*)
	# the hooks, and what uses them, are for 6.1
	set -- CONFIG_PAGE_HINTING= CONFIG_KVM_PAGE_HINT= CONFIG_FREE_PAGE_HOOK_TRACE= \
		CONFIG_VHOST_PAGE_HINT= CONFIG_KVM_PAGE_HINT_HOST= "$@"
	;;
*)
	fail "KDIR=$kdir is of Linux '$version', and the drivers are written for 6.0 and newer; set KDIR to headers of 6.1"
	;;
esac

# what is installed is what was built before
case " $* " in
*" modules_install "*)
	[ -f "$dir/linux/modules.order" ] || fail "nothing to install; run 'make modules' first"
	;;
*)
	rm -rf "$dir"
	mkdir -p "$dir"
	sources "$top/driver-src" | while read -r f; do
		mkdir -p "$dir/$(dirname "$f")"
		ln -s "$top/driver-src/$f" "$dir/$f"
	done
	# private to drivers/vhost, and so not among the headers
	[ "$version" != 6.1 ] || ln -s "$(linux_tree)/drivers/vhost/vhost.h" "$dir/linux/host/vhost.h"
	;;
esac
exec make --no-print-directory -C "$kdir" M="$dir/linux" "$@"
