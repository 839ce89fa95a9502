#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh DIR: put DIR/bzImage there, a small Linux 6.1 with our drivers built in; or with
# KERNEL_DEBUG=1 one with KASAN, lockdep, DEBUG_VM and fault injection, with KERNEL_HOST=1 one with KVM
# and vhost, that is a host, with KERNEL_RECORD=1 one whose page allocator is recorded.
#
# driver-src/linux and driver-src/uapi are overlaid as drivers/ballast/ of the source tree, the tree's own
# Makefile and Kconfig get a line each, and its page allocator the hooks of driver-src/linux/patches.
#
# LINUX=6.12 and the like: another version, with the driver of the balloon only; the hooks and what uses
# them are for 6.1.
set -eu
what="make kernel"
. "$(dirname "$0")/cache.sh"
. "$(dirname "$0")/suites.sh"

out=$1
linux=${LINUX:-6.1}
debug=${KERNEL_DEBUG:-}
host=${KERNEL_HOST:-}
record=${KERNEL_RECORD:-}
need_commands make "${CC:-gcc}" flex bison bc perl xz dpkg-deb flock spatch
for f in /usr/include/libelf.h /usr/include/openssl/ssl.h; do
	[ -f "$f" ] || fail "$f is missing; run 'make deps-real'"
done

# In the tree $1 the file $2 as the semantic patch $3 makes it, with $5 lines like $4; made anew from the
# tree's own file whenever that or the patch has changed.
patch_file() {
	file=$1/$2
	[ -f "$file.unpatched" ] || cp -L "$file" "$file.unpatched"
	patch_key=$(cat "$file.unpatched" "$patches/$3" | sha256sum)
	[ "$(cat "$file.key" 2>/dev/null)" != "$patch_key" ] || return 0
	rm -f "$file.key" "$file.c"
	cp "$file.unpatched" "$file.c"
	logged "$cache/spatch.log" spatch --very-quiet --sp-file "$patches/$3" --in-place "$file.c"
	[ "$(grep -c "$4" "$file.c")" -eq "$5" ] || fail "$3 does not fit into $2; see $file.c"
	mv "$file.c" "$file"
	echo "$patch_key" >"$file.key"
}

# The tree $1 with the hooks in its page allocator and the hypercalls of modules in its KVM.
patch_tree() {
	patches=$top/driver-src/linux/patches
	patch_file "$1" mm/page_alloc.c free_page_hook.cocci 'free_page_hook_call(' 7
	patch_file "$1" arch/x86/kvm/x86.c kvm_hypercall.cocci 'kvm_hypercall_of_module(' 1
	patch_file "$1" arch/x86/kvm/cpuid.c kvm_hypercall.cocci 'kvm_hypercall_features(' 1
	for f in include/linux/free_page_hook.h mm/free_page_hook.c include/linux/kvm_hypercall.h \
		arch/x86/kvm/kvm_hypercall.c; do
		cmp -s "$patches/$f" "$1/$f" || cp "$patches/$f" "$1/$f"
	done
	add_line "$1/mm/Makefile" 'obj-y += free_page_hook.o' '^obj-y .*page-alloc.o$'
	add_line "$1/arch/x86/kvm/Makefile" 'kvm-y += kvm_hypercall.o' '^include .*Makefile.kvm$'
}

# The configuration $1 as that version has it.
config_of_version() {
	case $linux in
	6.1) cat "$1" ;;
	[0-6].*) grep -v 'CONFIG_PAGE_HINTING\|CONFIG_KVM_PAGE_HINT' "$1" ;;
	*) grep -v 'CONFIG_PAGE_HINTING\|CONFIG_KVM_PAGE_HINT' "$1" |
		sed 's/^CONFIG_BALLOON_COMPACTION=/CONFIG_BALLOON_MIGRATION=/; s/^CONFIG_MEMORY_BALLOON=/CONFIG_BALLOON=/;
			/^CONFIG_PROC_SYSCTL=/d' ;;
	esac
}

config=$cache/kernel-$linux.config
mkdir -p "$cache"
lock "kernel-$linux"
config_of_version "$top/tests/real/kernel.config" >"$config"
tree=$(linux_tree)
overlay "$top/driver-src/linux" "$tree/drivers/ballast/linux"
overlay "$top/driver-src/uapi" "$tree/drivers/ballast/uapi"
add_line "$tree/drivers/Makefile" 'obj-y += ballast/linux/' '^obj-.*virtio/'
[ "$linux" != 6.1 ] || patch_tree "$tree"
add_line "$tree/drivers/Kconfig" 'source "drivers/ballast/linux/Kconfig"' '^source "drivers/virtio/Kconfig"'

set -- "$config"
[ -z "$debug" ] || set -- "$@" "$top/tests/real/kernel-debug.config"
[ -z "$host" ] || set -- "$@" "$top/tests/real/kernel-host.config"
[ -z "$record" ] || set -- "$@" "$top/tests/real/kernel-record.config"
key=$(cat "$@" "$tree/Makefile" | sha256sum | cut -c 1-12)-$(gcc -dumpfullversion)
# objects of another tree would be taken for its own, going by their times
[ -z "${KSRC:-}" ] || key=$key-$(echo "$tree" | sha256sum | cut -c 1-8)
build=$cache/kernel-${debug:+debug-}${host:+host-}${record:+record-}$key

kmake() {
	make -C "$tree" O="$build" ARCH=x86_64 KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=ballast \
		KBUILD_BUILD_HOST=ballast "$@"
}

if [ ! -f "$build/configured" ]; then
	need_space 4000
	rm -rf "$build"
	mkdir -p "$build"
	logged "$build/config.log" kmake tinyconfig
	logged "$build/config.log" "$tree/scripts/kconfig/merge_config.sh" -m -O "$build" \
		"$build/.config" "$@"
	logged "$build/config.log" kmake olddefconfig
	# what was asked for and is not there has a dependency that the fragment lacks
	cat "$@" | grep -E '^CONFIG_[A-Z0-9_]+=' | while read -r line; do
		grep -qxF "$line" "$build/.config" || fail "$line did not come into effect; see $build/.config"
	done || exit 2
	touch "$build/configured"
fi
logged "$build/build.log" kmake -j"$(nproc)" bzImage
# a copy: who boots it is not disturbed by the next build
mkdir -p "$out"
cp "$build/arch/x86/boot/bzImage" "$out/bzImage.new"
mv -f "$out/bzImage.new" "$out/bzImage"
ln -sfn "$build" "$out/kernel-build"
echo "  KERNEL  $out/bzImage ($(stat -Lc %s "$out/bzImage") bytes, Linux $(cat "$build/include/config/kernel.release"))"
