#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# qemu.sh DIR: put DIR/qemu-system-x86_64 there, QEMU from Debian's source package with our device
# compiled in, and DIR/firmware, what it needs to start a kernel.  QEMU=10.2 and the like: another version
# than 7.2.
#
# driver-src/qemu is overlaid as hw/ballast/ of the source tree, the ABI header as a standard header,
# and the tree's own meson.build and Kconfig get a line each, as driver-src/qemu/meson.build says.
set -eu
what="make qemu"
. "$(dirname "$0")/cache.sh"
. "$(dirname "$0")/suites.sh"

out=$1
need_commands ninja meson pkg-config python3 "${CC:-gcc}" dpkg-source flock
for lib in glib-2.0 pixman-1 zlib; do
	pkg-config --exists "$lib" || fail "there is no $lib for development; run 'make deps-real'"
done

devices="Q35 MICROVM PCIE_PORT VIRTIO_PCI VIRTIO_MMIO VIRTIO_BALLOON VIRTIO_BALLAST SERIAL_ISA"
# what its tables name, whether there is one or not
[ "${QEMU:-7.2}" = 7.2 ] || devices="$devices PXB CXL CXL_MEM_DEVICE"
options="--target-list=x86_64-softmmu --without-default-features --without-default-devices
	--with-devices-x86_64=minimal --disable-user --disable-tools --disable-docs --enable-tcg --enable-kvm --enable-vhost-kernel
	--enable-system --enable-fdt=system --disable-install-blobs --enable-trace-backends=log
	--audio-drv-list= --disable-debug-info --extra-cflags=-O1"

lock "qemu-${QEMU:-7.2}"
tree=$(qemu_tree)
[ "${QEMU:-7.2}" = 7.2 ] || suites_meson
overlay "$top/driver-src/qemu" "$tree/hw/ballast"
for f in virtio_ballast.h virtio_page_hint.h vhost_page_hint.h; do
	cmp -s "$top/driver-src/uapi/$f" "$tree/include/standard-headers/linux/$f" ||
		cp "$top/driver-src/uapi/$f" "$tree/include/standard-headers/linux/"
done
add_line "$tree/hw/meson.build" "subdir('ballast')" "^subdir\\('audio'\\)"
add_line "$tree/hw/Kconfig" 'source ballast/Kconfig' '^source audio/Kconfig'
add_line "$tree/meson.build" "    'hw/ballast'," "^ *'hw/audio',"
for device in $devices; do
	echo "CONFIG_$device=y"
done >"$tree/configs/devices/x86_64-softmmu/minimal.mak.new"
printf 'CONFIG_PCI_DEVICES=n\nCONFIG_ISAPC=n\nCONFIG_I440FX=n\n' \
	>>"$tree/configs/devices/x86_64-softmmu/minimal.mak.new"
cmp -s "$tree/configs/devices/x86_64-softmmu/minimal.mak.new" \
	"$tree/configs/devices/x86_64-softmmu/minimal.mak" ||
	mv "$tree/configs/devices/x86_64-softmmu/minimal.mak.new" \
		"$tree/configs/devices/x86_64-softmmu/minimal.mak"

key=$(echo "$options $tree" | cat - "$tree/VERSION" | sha256sum | cut -c 1-12)
build=$cache/qemu-build-$key
if [ ! -f "$build/configured" ]; then
	need_space 2000
	rm -rf "$build"
	mkdir -p "$build"
	cd "$build"
	logged "$build/configure.log" "$tree/configure" $options
	touch "$build/configured"
fi
logged "$build/build.log" ninja -C "$build" qemu-system-x86_64
cd "$top"
mkdir -p "$out/firmware"
# a copy: who runs it is not disturbed by the next build
cp "$build/qemu-system-x86_64" "$out/qemu-system-x86_64.new"
mv -f "$out/qemu-system-x86_64.new" "$out/qemu-system-x86_64"
ln -sfn "$build" "$out/qemu-build"
for f in bios-256k.bin linuxboot_dma.bin pvh.bin kvmvapic.bin bios-microvm.bin; do
	for dir in /usr/share/seabios /usr/share/qemu; do
		[ ! -f "$dir/$f" ] || ln -sfn "$dir/$f" "$out/firmware/$f"
	done
	[ -e "$out/firmware/$f" ] || fail "there is no firmware $f on this machine; run 'make deps-real'"
done
echo "  QEMU    $out/qemu-system-x86_64 ($("$build/qemu-system-x86_64" --version | head -n 1))"
