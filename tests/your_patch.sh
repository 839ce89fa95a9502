#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs what docs/your-patch.md says: each command of its blocks, in the order of the text, with trees
# of ours under the names that it has for the reader's; and its scenarios.  Status 77 when the stock
# sources are not to be had.
set -u
cd "$(dirname "$0")/.." || exit 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" build/mine' EXIT
bad=0

if ! sh tests/upstream.sh "$tmp/stock" >"$tmp/log" 2>&1; then
	echo "your-patch: skipped, there are no stock sources: $(tail -n 1 "$tmp/log")"
	exit 77
fi

# Source trees as far as make upstream looks into them.
for name in linux linux-mine; do
	mkdir -p "$tmp/home/$name/drivers/virtio" "$tmp/home/$name/mm"
	cp "$tmp/stock/virtio_balloon.c" "$tmp/home/$name/drivers/virtio/"
	cp "$tmp/stock/page_reporting.c" "$tmp/home/$name/mm/"
done
for name in qemu qemu-mine; do
	mkdir -p "$tmp/home/$name/hw/virtio" "$tmp/home/$name/include/hw/virtio"
	cp "$tmp/stock/virtio-balloon.c" "$tmp/home/$name/hw/virtio/"
	cp "$tmp/stock/hw/virtio/virtio-balloon.h" "$tmp/home/$name/include/hw/virtio/"
done

# One line for each command: blocks without a language; what stands behind two spaces is its comment.
commands() {
	awk '/^```/ { block = block ? "" : $0; next }
		block == "```" { if (sub(/\\$/, "")) { part = part $0; next }
			line = part $0; part = ""; sub(/   .*/, "", line); print line }' docs/your-patch.md
}

# The block of device tree number $1.
tree() {
	awk -v want="$1" '/^```dts$/ { nr++; inside = nr == want; next } /^```/ { inside = 0 } inside' \
		docs/your-patch.md
}

run() {
	echo "$ $1"
	if ! PATH=$PWD/build/gcc:$PATH HOME=$tmp/home XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache} sh -c "$1" >"$tmp/log" 2>&1; then
		bad=$((bad + 1))
		echo "your-patch: failed: $1"
		tail -n 20 "$tmp/log"
	fi
}

says() {
	grep -q "$1" "$tmp/log" || { bad=$((bad + 1)); echo "your-patch: no '$1' in:"; cat "$tmp/log"; }
}

cat >"$tmp/head.dts" <<'END'
/dts-v1/;
/include/ "costs/skylake.dtsi"
/include/ "boot/linux.dtsi"
/ {
	compatible = "ballast,scenario"; description = "docs/your-patch.md";
	host { compatible = "ballast,host"; memory-mib = <2048>; cpus = <4>; };
END

commands >"$tmp/commands"
[ "$(wc -l <"$tmp/commands")" -ge 5 ] || { echo "your-patch: no commands in the text"; exit 1; }
cp "$tmp/head.dts" "$tmp/mine.dts"
{ tree 1; echo '};'; } >>"$tmp/mine.dts"
tree 2 >"$tmp/core.dtso"
cp "$tmp/head.dts" "$tmp/both.dts"
{ tree 3; echo '};'; } >>"$tmp/both.dts"
cd_names="s#mine\.dts#$tmp/mine.dts#; s#core\.dtso#$tmp/core.dtso#; s#both\.dts#$tmp/both.dts#"
sed "$cd_names" "$tmp/commands" >"$tmp/run"
while read -r line; do
	run "$line"
done <"$tmp/run"
run "build/gcc/ballast run $tmp/mine.dts"
# The overlay's core is the one that the driver has registered with.
run "build/gcc/ballast run $tmp/mine.dts --overlay $tmp/core.dtso --trace $tmp/trace --quiet"
run "build/gcc/ballast trace csv message $tmp/trace"
says 'core of image upstream-page_reporting.so'
# After the driver it is refused, and the message says what to do.
sed 's/load-order = <0>;//' "$tmp/core.dtso" >"$tmp/late.dtso"
build/gcc/ballast check "$tmp/mine.dts" --overlay "$tmp/late.dtso" >"$tmp/log" 2>&1
[ $? -eq 2 ] || { bad=$((bad + 1)); echo "your-patch: a core after the driver is not refused"; }
says 'has to be loaded before the drivers that report; put it before driver, or give it a load-order'
run "build/gcc/ballast check $tmp/mine.dts --overlay $tmp/late.dtso --set /guest/modules/core/load-order=1"
[ "$bad" -eq 0 ] && echo "your-patch: ok"
exit "$bad"
