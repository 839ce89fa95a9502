# SPDX-License-Identifier: GPL-2.0-only
#
# What the builds of real kernels and of a real QEMU share; read with "." by the scripts beside it.
#
# Downloads and products live in BALLAST_CACHE (default ~/.cache/ballast), outside of the checkout:
#
#   linux-<version>/       source tree of Debian's linux-source-*, with our directory overlaid
#   kernel-<key>/          objects of one kernel configuration
#   stock-<release>/       Debian's kernel image of that release, unpacked, never installed
#   qemu-<version>/        source tree of Debian's qemu, with our directory overlaid
#   qemu-build-<key>/      objects of it
#   shadow-<key>/          links to a source tree of your own (KSRC, QSRC), which is left alone
#
# A directory is made under another name and renamed when it is complete, so an interrupted run
# leaves nothing that the next one takes for good.  Builds hold a lock: two at once take turns.

cache=${BALLAST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ballast}
# Variables of our own make, such as O, mean something else to theirs.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL

# of the checkout; make runs the scripts there
top=$PWD

fail() {
	echo "ballast: $what: $1" >&2
	exit 2
}

# Stop early rather than with half a tree: $1 MiB are needed.
need_space() {
	mkdir -p "$cache" 2>/dev/null || fail "cannot make $cache; set BALLAST_CACHE to a directory of your own"
	have=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$1" ] ||
		fail "$cache has $have MiB left and $1 are needed; free some, or set BALLAST_CACHE elsewhere"
}

need_commands() {
	for command in "$@"; do
		command -v "$command" >/dev/null ||
			fail "there is no '$command' on this machine; run 'make deps-real'"
	done
}

# One at a time for the product $1; released when the script (or the subshell) ends.
lock() {
	mkdir -p "$cache" 2>/dev/null || fail "cannot make $cache; set BALLAST_CACHE to a directory of your own"
	exec 9>"$cache/$1.lock"
	flock -n 9 && return
	echo "ballast: $what: waiting for another build that uses $cache/$1.lock" >&2
	flock 9
}

# Run a long command with its output in a log that is shown only when it fails: LOG COMMAND...
logged() {
	log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		fail "failed; all of its output is in $log"
	fi
}

# The files of the directory $1 but for what kbuild leaves beside sources.
sources() {
	(cd "$1" && find . -type f ! -name '*.o' ! -name '*.ko' ! -name '*.a' ! -name '*.mod' \
		! -name '*.mod.c' ! -name '.*' ! -name modules.order ! -name Module.symvers)
}

# Make the tree $2 hold the sources of $1; files that are the same keep their times, so that only what
# has changed is compiled again.
overlay() {
	sources "$1" | while read -r f; do
		cmp -s "$1/$f" "$2/$f" && continue
		mkdir -p "$2/$(dirname "$f")"
		cp "$1/$f" "$2/$f"
	done
	(cd "$2" && find . -type f) | while read -r f; do
		[ -f "$1/$f" ] || rm -f "$2/$f"
	done
}

# Add the line $2 to the file $1 after the first line that matches $3, unless it is there.
add_line() {
	grep -qxF "$2" "$1" && return
	awk -v line="$2" -v after="$3" '{ print } !done && $0 ~ after { print line; done = 1 }
		END { exit !done }' "$1" >"$1.new" || fail "$1 has no line like '$3'; is it another version?"
	mv "$1.new" "$1"
}

# A tree of links to the files of the tree $1 of the user's own, so that what we add to it is not added
# there; made anew each time, since files come and go.  Prints its path.
shadow_tree() {
	src=$(realpath "$1")
	dir=$cache/shadow-$(echo "$src" | sha256sum | cut -c 1-12)
	rm -rf "$dir"
	mkdir -p "$dir"
	find "$src" -name .git -prune -o \( -type f -o -type l \) -print0 |
		xargs -0 cp -sP --parents -t "$dir" || fail "links to $src cannot be made in $cache"
	echo "$dir$src"
}

# apt-get with deb-src lines made from the machine's own entries, for this call only.
apt_source() {
	mkdir -p "$cache/apt/lists/partial"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^deb /deb-src /p' >"$cache/apt/src.list" || true
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		awk '/^URIs:/ { u = $2 } /^Suites:/ { $1 = ""; s = $0 } /^Components:/ { $1 = ""; c = $0 }
			function put(n, a, i) { n = split(s, a, " "); for (i = 1; i <= n; i++)
				if (u != "") print "deb-src " u " " a[i] c }
			/^$/ { put(); u = "" } END { put() }' "$f" >>"$cache/apt/src.list"
	done
	apt-get -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$cache/apt/src.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$cache/apt/lists" "$@"
}

# Fetch the binary package $1 into the directory $2 and print its file name.  A version that is in the
# directory already is used as it is.
fetch_deb() {
	if ! ls "$2/$1"_*.deb >/dev/null 2>&1; then
		rm -rf "$2/part"
		mkdir -p "$2/part"
		(cd "$2/part" && apt-get -o APT::Sandbox::User=root download -qq "$1" >&2) || return 1
		mv "$2/part"/*.deb "$2/"
	fi
	ls "$2/$1"_*.deb | tail -n 1
}

linux_deb() {
	lock linux-source
	fetch_deb linux-source-6.1 "$cache/linux-deb" ||
		fail "linux-source-6.1 cannot be downloaded; set KSRC to a Linux 6.1 source tree"
}

# The source package of QEMU; prints the name of its .dsc.
qemu_dsc() {
	if ! ls "$cache"/qemu/qemu_*.dsc >/dev/null 2>&1; then
		rm -rf "$cache/qemu/part"
		mkdir -p "$cache/qemu/part"
		(cd "$cache/qemu/part" && apt_source update -qq >&2 &&
			apt_source source -qq --download-only qemu >&2) ||
			fail "QEMU's source package cannot be downloaded; set QSRC to a QEMU 7.2 source tree"
		# the .dsc last: who sees it has the rest
		mv "$cache/qemu/part"/*.tar.* "$cache/qemu/"
		mv "$cache/qemu/part"/*.dsc "$cache/qemu/"
	fi
	ls "$cache"/qemu/qemu_*.dsc | tail -n 1
}

need_linux_tree() {
	[ -f "$KSRC/mm/page_reporting.c" ] || fail "KSRC=$KSRC is no Linux source tree"
}

need_qemu_tree() {
	[ -f "$QSRC/hw/virtio/virtio-balloon.c" ] || fail "QSRC=$QSRC is no QEMU source tree"
}

# The tree of Linux $LINUX (6.1), complete: KSRC if it is set, else Debian's.  Prints its path.  Of other
# versions than 6.1 it takes suites.sh.
linux_tree() {
	linux=${LINUX:-6.1}
	if [ -n "${KSRC:-}" ]; then
		need_linux_tree
		[ ! -f "$KSRC/.config" ] || fail "KSRC=$KSRC is built in place; run 'make mrproper' there, or build it with O="
		shadow_tree "$KSRC"
		return
	fi
	[ "$linux" = 6.1 ] && deb=$(linux_deb) || deb=$(suites_linux "$linux")
	version=$(basename "$deb" | sed 's/^linux-source-[0-9.]*_\(.*\)_all.deb$/\1/')
	dir=$cache/linux-$version
	lock linux-source
	if [ ! -d "$dir" ]; then
		need_space 8000
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/src/linux-source-$linux.tar.xz" |
			tar -xJ -C "$dir.part" --strip-components=1 ||
			fail "$deb is damaged; remove it and try again"
		mv "$dir.part" "$dir"
	fi
	echo "$dir"
}

# The tree of QEMU $QEMU (7.2) with Debian's patches: QSRC if it is set, else Debian's.  Prints its path.
# Of other versions than 7.2 it takes suites.sh.
qemu_tree() {
	if [ -n "${QSRC:-}" ]; then
		need_qemu_tree
		shadow_tree "$QSRC"
		return
	fi
	[ "${QEMU:-7.2}" = 7.2 ] && dsc=$(qemu_dsc) || dsc=$(suites_qemu "$QEMU")
	version=$(basename "$dsc" .dsc | sed 's/^qemu_//')
	dir=$cache/qemu-$version
	lock qemu-source
	if [ ! -d "$dir" ]; then
		need_space 3000
		rm -rf "$dir.part"
		dpkg-source --no-check --no-copy -x "$dsc" "$dir.part" >"$cache/qemu/unpack.log" 2>&1 ||
			fail "$dsc cannot be unpacked, see $cache/qemu/unpack.log; remove it and try again"
		mv "$dir.part" "$dir"
	fi
	echo "$dir"
}
