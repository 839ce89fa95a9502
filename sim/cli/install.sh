#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make install, make uninstall: install.sh install|uninstall BUILD ROOT IMAGE...
#
# BUILD has the products, ROOT is DESTDIR and PREFIX, IMAGEs are names below BUILD/images.  Both go
# through the same list, so what was installed is what is removed, and a file that somebody else has
# put there stays.  sim/cli/places.c knows the layout.
set -eu
what=$1
build=$2
root=$3
shift 3

# MODE SOURCE DESTINATION
list() {
	echo "755 $build/ballast bin/ballast"
	# The viewer is there if it was built; what is removed does not depend on that.
	if [ "$what" = uninstall ] || [ -f "$build/ballast-view" ]; then
		echo "755 $build/ballast-view bin/ballast-view"
		echo "644 docs/ballast-view.1 share/man/man1/ballast-view.1"
	fi
	for image; do
		echo "644 $build/images/$image lib/ballast/images/$image"
	done
	find scenarios -type f | sed 's#.*#644 & share/ballast/&#'
	# What images are compiled against, under the names that it has in the tree.
	find sim/linux sim/qemu sim/engine host-model driver-src/uapi -name '*.h' |
		sed 's#.*#644 & share/ballast/build/&#'
	tail=sim/linux/kernel/module-tail.c
	echo "644 $tail share/ballast/build/$tail"
	for page in docs/ballast*.1; do
		[ "$page" = docs/ballast-view.1 ] || echo "644 $page share/man/man1/${page#docs/}"
	done
	echo "644 $build/completions/ballast share/bash-completion/completions/ballast"
	echo "644 $build/completions/_ballast ${ZSH_DIR:-share/zsh/site-functions}/_ballast"
	for doc in README.md docs/*.md docs/*.svg docs/*.png; do
		echo "644 $doc share/doc/ballast/$doc"
	done
}

# A folder below the prefix; what is only in there for us, or all of a prefix that is not the system's.
is_ours() {
	case $1 in lib/ballast*|share/ballast*|share/doc/ballast*) return 0 ;; esac
	case $root in */usr|*/usr/local) return 1 ;; esac
}

case $what in
install)
	# A call for each folder and mode, not for each of hundreds of files; no name changes on the way.
	list "$@" | awk '{ to = $3; sub("/[^/]*$", "", to); files[$1 " " to] = files[$1 " " to] " " $2 }
		END { for (place in files) print place files[place] }' |
		while read -r mode dir files; do
			install -D -m "$mode" -t "$root/$dir" $files
		done
	;;
uninstall)
	list "$@" | while read -r mode from to; do
		echo "$root/$to"
	done | tr '\n' '\0' | xargs -0 rm -f
	# Folders that are empty now go as well, up to the prefix.
	list "$@" | sed 's#.* ##; s#/[^/]*$##' | sort -ur | while read -r dir; do
		while is_ours "$dir" && rmdir "$root/$dir" 2>/dev/null; do
			case $dir in */*) dir=${dir%/*} ;; *) break ;; esac
		done
	done
	;;
esac
