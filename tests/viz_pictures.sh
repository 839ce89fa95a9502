#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Pictures of the viewer, from traces that this tree's ballast makes now: each has to be, byte for byte, the one
# that was looked at (tests/data/viz_pictures/list), and the same from every build of the viewer.  They are kept
# in DIRECTORY, those of a build that differs in a directory of its name below.  The last line says how many
# checks passed and failed.
#
# viz_pictures.sh check|accept BALLAST DIRECTORY VIEWER...
set -u
list=tests/data/viz_pictures/list
fonts=${FONT_DIR:-/usr/share/fonts/truetype/dejavu}
mode=$1
ballast=$(realpath "$2")
mkdir -p "$3/traces"
dir=$3
shift 3
passed=0
failed=0
skipped=0

good() {
	passed=$((passed + 1))
}

bad() {
	failed=$((failed + 1))
	printf 'FAIL %s\n' "$1"
}

end() {
	if [ "$skipped" -gt 0 ]; then
		echo "$passed passed, $failed failed, $skipped skipped"
	else
		echo "$passed passed, $failed failed"
	fi
	[ "$failed" -eq 0 ]
	exit
}

# What a picture's bytes depend on, other than this tree.
made_with() {
	pkg-config --modversion freetype2 libpng zlib libzstd | tr '\n' ' '
	cat "$fonts/DejaVuSans.ttf" "$fonts/DejaVuSans-Bold.ttf" | sha256sum | cut -c1-16
}

digest() {
	sha256sum "$1" | cut -d ' ' -f 1
}

make_traces() {
	local kind file args

	while read -r kind file args; do
		[ "$kind" = trace ] || continue
		# shellcheck disable=SC2086	# words of a list of ours
		if ! "$ballast" run $args --quiet --trace "$dir/traces/$file"; then
			bad "$file: ballast run $args does not make it"
			end
		fi
	done <"$list"
	# Its picture says at which byte.  Traces of guests with a driver hold a digest of it, and zstd makes a byte
	# more or less of that; guests of this one have no device.
	head -c $(($(wc -c <"$dir/traces/many.trace") * 2 / 3)) "$dir/traces/many.trace" >"$dir/traces/cut.trace"
	: >"$dir/traces/empty.trace"
	cp LICENSE "$dir/traces/foreign.trace"
}

# draw VIEWER INTO: all pictures; a check each that it is drawn with the status and the words that it has to have.
draw() {
	local viewer kind name status digest args got
	viewer=$(realpath "$1")

	mkdir -p "$2"
	rm -f "$2"/*.png "$dir"/traces/*.index
	while read -r kind name status digest args; do
		[ "$kind" = picture ] || continue
		# shellcheck disable=SC2086
		(cd "$dir/traces" && exec "$viewer" $args --screenshot picture.png 2>said)
		got=$?
		if [ $got -ne "$status" ]; then
			bad "$name: $viewer ends with status $got, not $status: $(tail -n 20 "$dir/traces/said")"
		elif [ "$status" -ne 0 ] && [ "$(wc -l <"$dir/traces/said")" -ne 1 ]; then
			bad "$name: $viewer does not say in one line what is wrong: $(tail -n 20 "$dir/traces/said")"
		else
			good
		fi
		mv "$dir/traces/picture.png" "$2/$name.png" 2>/dev/null
	done <"$list"
}

# Digests of what was just drawn, and what they were made with.
accept() {
	local kind rest name status digest args now

	while IFS= read -r line; do
		read -r kind rest <<<"$line"
		case $kind in
		made-with)
			echo "made-with $(made_with)"
			;;
		picture)
			read -r name status digest args <<<"$rest"
			now=$(digest "$dir/$name.png")
			[ "$now" = "$digest" ] || echo "$dir/$name.png is another one: look at it" >&2
			echo "picture $name $status $now $args"
			;;
		*)
			printf '%s\n' "$line"
			;;
		esac
	done <"$list" >"$dir/list" && mv "$dir/list" "$list"
}

compare_to_looked_at() {
	local kind name status digest args

	while read -r kind name status digest args; do
		[ "$kind" = picture ] || continue
		if [ "$(digest "$dir/$name.png")" = "$digest" ]; then
			good
		else
			bad "$name is not the picture that was looked at: look at $dir/$name.png; if all in it is as it \
should be, take it over with make pictures-accept, else mend viz/"
		fi
	done <"$list"
}

# same_as BUILD: its pictures and those of the first.
same_as() {
	local kind name rest

	while read -r kind name rest; do
		[ "$kind" = picture ] || continue
		if cmp "$dir/$name.png" "$dir/$1/$name.png"; then
			good
			rm "$dir/$1/$name.png"
		else
			bad "$name: compare $dir/$name.png with $dir/$1/$name.png: builds of the viewer draw differently"
		fi
	done <"$list"
}

nr=$(grep -c '^picture ' "$list")
if [ $# -eq 0 ]; then
	echo "skipped $nr: pictures need SDL2, libpng, FreeType and DejaVu Sans (make deps-viz)"
	skipped=$nr
	end
fi
make_traces
draw "$1" "$dir"
if [ "$mode" = accept ]; then
	[ "$failed" -eq 0 ] && accept
	end
fi
if [ "made-with $(made_with)" = "$(grep '^made-with ' "$list")" ]; then
	compare_to_looked_at
else
	echo "skipped $nr: digests are of pictures made with $(sed -n 's/^made-with //p' "$list"), here is $(made_with)"
	skipped=$nr
fi
shift
for viewer in "$@"; do
	build=$(basename "$(dirname "$viewer")")
	draw "$viewer" "$dir/$build"
	same_as "$build"
	rmdir "$dir/$build" 2>/dev/null
done
end
