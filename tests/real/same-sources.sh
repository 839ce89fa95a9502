#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# same-sources.sh DIR: did the simulator, the kernel module, the kernel and QEMU that are built in DIR consume
# the same files, byte for byte?
#
# What a build consumed is what its compiler says: dependency files (-MD) of kbuild, of ninja and of make.
# Each file named there that has a counterpart in driver-src must be equal to it, each build must have
# consumed what it is for, and no object may be older than its sources.
set -eu
what="same sources"
. "$(dirname "$0")/cache.sh"

out=$1

# BUILD OBJECT, and the consumed files on standard input; the rest are the files that must be among them.
check() {
	build=$1
	object=$2
	shift 2
	[ -f "$object" ] || fail "$build: $object is not built"
	consumed=$(sort -u)
	for want in "$@"; do
		found=
		for f in $consumed; do
			case $f in */"${want##*/}") ;; *) continue ;; esac
			# the simulator's header of that name only includes the real one
			case $(realpath "$f") in "$top"/sim/*) continue ;; esac
			[ -f "$f" ] || fail "$build: consumed $f, which is not there any more"
			cmp -s "$f" "driver-src/$want" || fail "$build: $f differs from driver-src/$want"
			[ ! "$f" -nt "$object" ] || fail "$build: $f is newer than $object"
			found=$f
		done
		[ -n "$found" ] || fail "$build: the compiler read no $(basename "$want")"
	done
	echo "  SAME    $build: $*"
}

words() {
	tr -s ' \\\t' '\n\n\n' <"$1" | sed 's/:$//' | grep '/' || true
}

ballast_headers="qemu/virtio-ballast.h uapi/virtio_ballast.h"
hint_headers="qemu/virtio-page-hint.h uapi/virtio_page_hint.h"
drivers=$(cd driver-src/linux/guest && ls virtio_ballast.c page_hinting*.c kvm_page_hint.c | sed 's/\.c$//')
devices=$(cd driver-src/qemu && ls virtio-*.c | sed '/-pci/d; /-stub/d; s/\.c$//')

# What a driver's file and a device's file include of ours.
driver_headers() {
	case $1 in
	page_hinting_main) echo "linux/guest/page_hinting.h uapi/virtio_page_hint.h" ;;
	page_hinting*) echo "linux/guest/page_hinting.h" ;;
	kvm_page_hint*) echo "uapi/kvm_page_hint.h" ;;
	vhost_page_hint) echo "uapi/vhost_page_hint.h linux/host/page_hint_zap.h" ;;
	*) echo "uapi/virtio_ballast.h" ;;
	esac
}

device_headers() {
	case $1 in
	virtio-page-hint*) echo "$hint_headers" ;;
	*) echo "$ballast_headers" ;;
	esac
}

for name in $drivers; do
	object=$out/images/obj/${name%_*}/$name
	[ -f "$object.d" ] || object=$out/images/obj/$name/$name
	words "$object.d" | check "simulator, $name" "$object.o" "linux/guest/$name.c" $(driver_headers "$name")
	module=$out/modules/linux/guest
	words "$module/.$name.o.cmd" | check "module, $name" "$module/$name.o" "linux/guest/$name.c" $(driver_headers "$name")
done
# Of the host's kernel: one needs a KVM that is patched, and is in the host kernel only.
object=$out/images/obj/kvm_page_hint_host/kvm_page_hint
words "$object.d" | check "simulator, kvm_page_hint_host" "$object.o" linux/host/kvm_page_hint.c \
	linux/host/page_hint_zap.h uapi/kvm_page_hint.h
object=$out/images/obj/vhost_page_hint/vhost_page_hint
words "$object.d" | check "simulator, vhost_page_hint" "$object.o" linux/host/vhost_page_hint.c $(driver_headers vhost_page_hint)
module=$out/modules/linux/host
words "$module/.vhost_page_hint.o.cmd" |
	check "module, vhost_page_hint" "$module/vhost_page_hint.o" linux/host/vhost_page_hint.c $(driver_headers vhost_page_hint)
for name in $devices; do
	object=$out/images/obj/virtio-ballast/$name
	[ -f "$object.d" ] || object=$out/images/obj/virtio-page-hint/$name
	words "$object.d" | check "simulator, $name" "$object.o" "qemu/$name.c" $(device_headers "$name")
done

if [ -f "$out/real/bzImage" ]; then
	kernel=$(readlink "$out/real/kernel-build")
	cmp -s "$kernel/arch/x86/boot/bzImage" "$out/real/bzImage" ||
		fail "$out/real/bzImage is not the one in $kernel; run 'make kernel'"
	kernel=$kernel/drivers/ballast/linux/guest
	for name in $drivers; do
		[ "$name" != kvm_page_hint ] || continue	# of guests of hosts with KVM
		words "$kernel/.$name.o.cmd" | check "kernel, $name" "$kernel/$name.o" "linux/guest/$name.c" $(driver_headers "$name")
	done
fi

if [ -f "$out/real/host/bzImage" ]; then
	kernel=$(readlink "$out/real/host/kernel-build")/drivers/ballast/linux
	words "$kernel/host/.kvm_page_hint.o.cmd" | check "host kernel, kvm_page_hint_host" "$kernel/host/kvm_page_hint.o" \
		linux/host/kvm_page_hint.c linux/host/page_hint_zap.h uapi/kvm_page_hint.h
	words "$kernel/host/.vhost_page_hint.o.cmd" | check "host kernel, vhost_page_hint" "$kernel/host/vhost_page_hint.o" \
		linux/host/vhost_page_hint.c $(driver_headers vhost_page_hint)
fi

qemu=$(readlink "$out/real/qemu-build")
cmp -s "$qemu/qemu-system-x86_64" "$out/real/qemu-system-x86_64" ||
	fail "$out/real/qemu-system-x86_64 is not the one in $qemu; run 'make qemu'"
for name in $devices virtio-ballast-pci virtio-page-hint-pci; do
	object=$(ninja -C "$qemu" -t targets all 2>/dev/null | sed -n "s,^\([^ ]*_$name.c.o\): .*,\1,p")
	# one of the two, as QEMU is configured
	case $name in *-vhost | *-vhost-stub) [ -n "$object" ] || continue ;; esac
	[ -n "$object" ] || fail "QEMU has no object of $name.c"
	(cd "$qemu" && ninja -t deps "$object" | sed -n 's/^    //p' | tr '\n' '\0' | xargs -0 realpath) |
		check "QEMU, $name" "$qemu/$object" "qemu/$name.c" $(device_headers "$name")
done
