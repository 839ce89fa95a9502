#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# stock.sh DIR KDIR: put DIR/vmlinuz and DIR/*.ko there, Debian's kernel of the same release as the
# headers in KDIR, with the modules that a guest needs for virtio.  Nothing is installed.
set -eu
what="stock kernel"
. "$(dirname "$0")/cache.sh"

out=$1
kdir=$2
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$kdir/include/generated/utsrelease.h" 2>/dev/null || true)
[ -n "$release" ] ||
	fail "KDIR=$kdir has no include/generated/utsrelease.h; are these the headers of a built kernel?"
need_commands dpkg-deb apt-get flock

lock stock
dir=$cache/stock-$release
if [ ! -d "$dir" ]; then
	need_space 1000
	deb=$(fetch_deb "linux-image-$release" "$cache/linux-deb") ||
		fail "linux-image-$release cannot be downloaded; install the headers of a release that your archive has (apt-get update; apt-get install linux-headers-cloud-amd64)"
	rm -rf "$dir.part"
	dpkg-deb -x "$deb" "$dir.part" || fail "$deb is damaged; remove it and try again"
	mv "$dir.part" "$dir"
fi
mkdir -p "$out"
# in the order in which they are loaded; those that are built in are not there
rm -f "$out"/*.ko "$out/order"
for m in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_balloon; do
	for ko in $(find "$dir/lib/modules/$release/kernel" -name "$m.ko"); do
		ln -sfn "$ko" "$out/$m.ko"
		[ "$m" = virtio_balloon ] || echo "$m" >>"$out/order"
	done
done
[ -f "$out/virtio_balloon.ko" ] || fail "$dir has no virtio_balloon.ko; is it another kernel than Debian's?"
ln -sfn "$dir/boot/vmlinuz-$release" "$out/vmlinuz"
echo "  STOCK   $out/vmlinuz (Linux $release)"
