# SPDX-License-Identifier: GPL-2.0-only
#
# Sources of versions that the machine's own Debian does not have, from Debian's other suites; read with
# "." after cache.sh.  The machine's package lists are left alone: these have a directory of their own in
# BALLAST_CACHE, and what is fetched is only unpacked.

other_suites="bookworm-backports trixie trixie-backports sid"
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt-get or apt-cache ($1) with the lists of these suites, which are fetched once a day.
suites_apt() {
	command=$1
	shift
	[ -f "$debian_keyring" ] || return 1
	dir=$cache/apt-suites
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	for suite in $other_suites; do
		for kind in deb deb-src; do
			echo "$kind [signed-by=$debian_keyring] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $suite main"
		done
	done >"$dir/list"
	printf '%s\n' 'APT::Sandbox::User "root";' "Dir::Etc::sourcelist \"$dir/list\";" \
		'Dir::Etc::sourceparts "/dev/null";' "Dir::State::lists \"$dir/lists\";" \
		"Dir::Cache \"$dir/cache\";" 'APT::Get::List-Cleanup "0";' >"$dir/conf"
	if [ -z "$(find "$dir" -maxdepth 1 -name fresh -mmin -1440)" ]; then
		APT_CONFIG=$dir/conf apt-get update -qq >&2 || return 1
		touch "$dir/fresh"
	fi
	APT_CONFIG=$dir/conf "$command" "$@"
}

# The .deb of the sources of Linux $1; prints its name.
suites_linux() {
	package=linux-source-$1
	if ! ls "$cache/linux-deb/${package}_"*.deb >/dev/null 2>&1; then
		rm -rf "$cache/linux-deb/part-$1"
		mkdir -p "$cache/linux-deb/part-$1"
		(cd "$cache/linux-deb/part-$1" && suites_apt apt-get download -qq "$package" >&2) ||
			fail "$package cannot be downloaded; set KSRC to a source tree of Linux $1"
		mv "$cache/linux-deb/part-$1"/*.deb "$cache/linux-deb/"
		rm -rf "$cache/linux-deb/part-$1"
	fi
	ls "$cache/linux-deb/${package}_"*.deb | tail -n 1
}

# The .dsc of the sources of QEMU $1; prints its name.
suites_qemu() {
	dir=$cache/qemu-$1-src
	if ! ls "$dir"/qemu_*.dsc >/dev/null 2>&1; then
		version=$(suites_apt apt-cache madison qemu 2>/dev/null |
			awk -v want="$1" '$3 ~ "^1:" want "[.]" && / Sources$/ { print $3 }' | sort -V | tail -n 1)
		[ -n "$version" ] ||
			fail "QEMU $1 is in none of $other_suites; set QSRC to a source tree of it"
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		(cd "$dir.part" && suites_apt apt-get source -qq --download-only "qemu=$version" >&2) ||
			fail "QEMU $version cannot be downloaded; set QSRC to a source tree of it"
		mv "$dir.part" "$dir"
	fi
	ls "$dir"/qemu_*.dsc | tail -n 1
}

# Newer QEMUs want a newer meson than the machine's: a copy of another suite's, which is but Python.  To be
# put into the environment of a configure.
suites_meson() {
	dir=$cache/meson
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		(cd "$dir.part" && suites_apt apt-get download -qq meson >&2 && dpkg-deb -x meson_*.deb . &&
			rm -f meson_*.deb) || fail "meson cannot be downloaded, and QEMU $QEMU wants 1.5 or newer"
		mv "$dir.part" "$dir"
	fi
	PYTHONPATH=$dir/usr/lib/python3/dist-packages${PYTHONPATH:+:$PYTHONPATH}
	PATH=$dir/usr/bin:$PATH
	export PYTHONPATH PATH
}
