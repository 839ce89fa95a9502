#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# No passage of ours stands word for word in Linux or QEMU (tests/same_lines.py).
#
# The trees are KSRC and QSRC, or what `make real` has unpacked; status 77 when there is none of them.
set -eu
what=same-lines
. "$(dirname "$0")/real/cache.sh"

# The newest directory of a list of patterns that has the file $1.
newest() {
	file=$1
	shift
	ls -dt "$@" 2>/dev/null | while read -r dir; do
		[ -e "$dir/$file" ] && echo "$dir" && break
	done
}

linux=${KSRC:-$(newest mm/page_alloc.c "$cache"/linux-[0-9]*/)}
qemu=${QSRC:-$(newest hw/virtio/virtio.c "$cache"/qemu-[0-9]*/)}
[ -n "$linux" ] || echo "same-lines: Linux: skipped, there is no source tree; give KSRC, or run 'make kernel'"
[ -n "$qemu" ] || echo "same-lines: QEMU: skipped, there is no source tree; give QSRC, or run 'make qemu'"
[ -n "$linux$qemu" ] || exit 77
python3 tests/same_lines.py $linux $qemu -- sim host-model driver-src tests
echo "same-lines: ok: $linux $qemu"
