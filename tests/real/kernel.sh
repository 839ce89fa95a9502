#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh DIR: put DIR/bzImage there, a small Linux 6.1 with our drivers built in; or with
# KERNEL_DEBUG=1 one with KASAN, lockdep, DEBUG_VM and fault injection.
#
# driver-src/linux and driver-src/uapi are overlaid as drivers/ballast/ of the source tree, the tree's own
# Makefile and Kconfig get a line each, and its page allocator the hooks of driver-src/linux/patches.
set -eu
what="make kernel"
. "$(dirname "$0")/cache.sh"

out=$1
debug=${KERNEL_DEBUG:-}
need_commands make "${CC:-gcc}" flex bison bc perl xz dpkg-deb flock spatch
for f in /usr/include/libelf.h /usr/include/openssl/ssl.h; do
	[ -f "$f" ] || fail "$f is missing; run 'make deps-real'"
done

# The hooks in the tree $1, made anew from the tree's own file whenever that or the patch has changed.
patch_hooks() {
	patches=$top/driver-src/linux/patches
	file=$1/mm/page_alloc.c
	[ -f "$file.unpatched" ] || cp -L "$file" "$file.unpatched"
	key=$(cat "$file.unpatched" "$patches/free_page_hook.cocci" | sha256sum)
	if [ "$(cat "$file.key" 2>/dev/null)" != "$key" ]; then
		rm -f "$file.key" "$file.c"
		cp "$file.unpatched" "$file.c"
		logged "$cache/spatch.log" spatch --very-quiet --sp-file "$patches/free_page_hook.cocci" --in-place "$file.c"
		[ "$(grep -c 'free_page_hook_call(' "$file.c")" -eq 6 ] ||
			fail "the hooks do not fit into mm/page_alloc.c; see $file.c"
		mv "$file.c" "$file"
		echo "$key" >"$file.key"
	fi
	for f in include/linux/free_page_hook.h mm/free_page_hook.c; do
		cmp -s "$patches/$f" "$1/$f" || cp "$patches/$f" "$1/$f"
	done
	add_line "$1/mm/Makefile" 'obj-y += free_page_hook.o' '^obj-y .*page-alloc.o$'
}

config=$top/tests/real/kernel.config
lock kernel
tree=$(linux_tree)
overlay "$top/driver-src/linux" "$tree/drivers/ballast/linux"
overlay "$top/driver-src/uapi" "$tree/drivers/ballast/uapi"
add_line "$tree/drivers/Makefile" 'obj-y += ballast/linux/' '^obj-.*virtio/'
patch_hooks "$tree"
add_line "$tree/drivers/Kconfig" 'source "drivers/ballast/linux/Kconfig"' '^source "drivers/virtio/Kconfig"'

set -- "$config"
[ -z "$debug" ] || set -- "$@" "$top/tests/real/kernel-debug.config"
key=$(cat "$@" "$tree/Makefile" | sha256sum | cut -c 1-12)-$(gcc -dumpfullversion)
# objects of another tree would be taken for its own, going by their times
[ -z "${KSRC:-}" ] || key=$key-$(echo "$tree" | sha256sum | cut -c 1-8)
build=$cache/kernel-${debug:+debug-}$key

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
