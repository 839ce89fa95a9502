#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Linux's judgement of our kernel code's style, scripts/checkpatch.pl --strict, and QEMU's of our device's.
set -eu
what="make checkpatch"
. "$(dirname "$0")/cache.sh"

need_commands perl xz dpkg-deb flock
tree=$(linux_tree)
find driver-src/linux driver-src/uapi -name '*.[ch]' | while read -r f; do
	echo "  CHECK   $f"
	# Linux has __packed in its own headers only, not in those that user space gets
	ignore=
	case $f in
	driver-src/uapi/*) ignore="--ignore PREFER_DEFINED_ATTRIBUTE_MACRO" ;;
	# what is built for many versions asks which one it is, in this file only
	driver-src/linux/guest/compat.h) ignore="--ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON,CAMELCASE" ;;
	# the argument of a macro there is the name of a member, which has no effects
	driver-src/linux/patches/include/*) ignore="--ignore MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE" ;;
	esac
	perl "$tree/scripts/checkpatch.pl" --no-tree --no-summary --terse --strict --max-line-length=100 $ignore -f "$f" ||
		exit 1
done || fail "see the lines above"
qemu=$(qemu_tree)
for f in driver-src/qemu/*.[ch]; do
	echo "  CHECK   $f"
	perl "$qemu/scripts/checkpatch.pl" --no-tree --no-summary --terse --strict -f "$f" || fail "see the lines above"
done
