#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the tree promises about itself: walls between the parts, licences, lines, headers' kinds.
set -u
cd "$(dirname "$0")/.." || exit 2

bad=0
complain() {
	echo "tidy: $1"
	bad=1
}

files=$(git ls-files '*.c' '*.h' '*.S' '*.dts' '*.dtsi' '*.dtso' 2>/dev/null)
[ -n "$files" ] || files=$(find driver-src host-model sim scenarios tests -name '*.[chS]' -o -name '*.dts*')

for f in $files; do
	[ -f "$f" ] || continue
	head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' || complain "$f: no SPDX line"
	limit=100
	case $f in *.dts|*.dtsi|*.dtso) limit=200 ;; esac	# strings cannot be broken
	long=$(expand -t 8 "$f" | awk -v l=$limit 'length($0) > l { print NR; exit }')
	[ -z "$long" ] || complain "$f:$long: line of more than $limit columns"
	if grep -nE '[[:space:]]+$' "$f" >/dev/null; then
		complain "$f: white space at the end of a line"
	fi
done

# driver-src knows the Linux API, the QEMU API and driver-src/uapi, nothing of ours.
grep -rnE '#[[:space:]]*if.*(SIM|BALLAST_SIM)' driver-src && complain "driver-src: conditional on the simulator"
for h in $(cd sim && find engine qemu scenario trace workload real study calibrate survey record -maxdepth 1 -name '*.h' -exec basename {} \;) \
	$(ls host-model | grep '\.h$'); do
	case $h in trace.h) continue ;; esac	# QEMU's own name for its trace points
	# what patches/ adds to a kernel's mm/ includes mm/internal.h
	if grep -rnE "#include \"($h)\"" driver-src --exclude-dir=patches >/dev/null; then
		complain "driver-src includes $h of the simulator"
	fi
done

# Arrows point one way.
forbid() {
	for h in $2; do
		if grep -lE "#include \"$h\"" $1 2>/dev/null; then
			complain "$1 includes $h, against the arrows of ARCHITECTURE.md"
		fi
	done
}
forbid 'sim/engine/*.[ch]' 'cpu.h host.h kvm.h ram.h cost.h trace.h scenario.h kernel.h vmm.h'
forbid 'host-model/*.[ch]' 'trace.h scenario.h kernel.h vmm.h machine.h'
forbid 'sim/linux/*/*.[ch]' 'scenario.h machine.h vmm.h'
forbid 'sim/qemu/*.[ch]' 'scenario.h machine.h kernel.h'
forbid 'sim/real/*.[ch] sim/real/guest/*.[ch]' 'machine.h kernel.h vmm.h host.h cli.h'
forbid 'sim/trace/*.[ch]' 'scenario.h machine.h kernel.h vmm.h host.h'
forbid 'sim/real/*.[ch] sim/real/guest/*.[ch]' 'machine.h kernel.h vmm.h host.h kvm.h'
forbid 'viz/*.[ch]' 'scenario.h machine.h kernel.h vmm.h host.h kvm.h ram.h cpu.h cli.h study.h'
for f in $(ls viz/*.[ch] | grep -v 'viz/window.c'); do
	grep -qE '#include .*SDL' "$f" && complain "$f knows SDL: only viz/window.c does"
done

forbid 'sim/study/*.[ch]' 'cli.h kernel.h vmm.h host.h kvm.h ram.h machine-internal.h parse.h'
study=$(cd sim/study && ls *.h)
forbid 'sim/scenario/*.[ch] sim/trace/*.[ch] sim/real/*.[ch] host-model/*.[ch] sim/engine/*.[ch]' "$study"

forbid 'sim/report/*.[ch]' 'cli.h scenario.h machine.h kernel.h vmm.h host.h kvm.h ram.h parse.h'
report=$(cd sim/report && ls *.h)
forbid 'sim/study/*.[ch] sim/scenario/*.[ch] sim/trace/*.[ch] sim/real/*.[ch]' "$report"

forbid 'sim/calibrate/*.[ch]' "cli.h machine.h kernel.h vmm.h host.h kvm.h ram.h cpu.h parse.h $study $report"
calibrate=$(cd sim/calibrate && ls *.h)
forbid 'sim/report/*.[ch] sim/study/*.[ch] sim/scenario/*.[ch] sim/trace/*.[ch] sim/real/*.[ch] host-model/*.[ch] sim/engine/*.[ch]' "$calibrate"

forbid 'sim/survey/*.[ch]' "cli.h machine.h kernel.h vmm.h host.h kvm.h ram.h cpu.h parse.h $study $report $calibrate"
survey=$(cd sim/survey && ls *.h)
forbid 'sim/calibrate/*.[ch] sim/report/*.[ch] sim/study/*.[ch] sim/scenario/*.[ch] sim/trace/*.[ch] sim/real/*.[ch] host-model/*.[ch] sim/engine/*.[ch]' "$survey"

forbid 'sim/record/*.[ch]' "cli.h machine.h kernel.h vmm.h host.h kvm.h ram.h cpu.h parse.h $study $report $calibrate $survey"
record=$(cd sim/record && ls *.h)
forbid 'sim/survey/*.[ch] sim/calibrate/*.[ch] sim/report/*.[ch] sim/study/*.[ch] sim/scenario/*.[ch] sim/trace/*.[ch] sim/real/*.[ch] host-model/*.[ch] sim/engine/*.[ch]' "$record"

# Each header of the two API trees says in its first lines which kind it is.
for f in $(find sim/linux/include sim/qemu/include -name '*.h'); do
	head -n 6 "$f" | grep -qE '(same|model|stub)' || complain "$f: does not say same, model or stub"
done

# What our patches declare to modules of a real kernel, the model declares in the same words.
for f in $(cd driver-src/linux/patches/include && find linux -name '*.h'); do
	other=$(awk '{ sub(/[ \t]*\/\*.*\*\/$/, "") }
		NR == FNR { has[$0]; next }
		!/^#/ && !/^[ \t]*(\/?\*|$)/ && !($0 in has) { print FNR; exit }' \
		"driver-src/linux/patches/include/$f" "sim/linux/include/$f")
	[ -z "$other" ] || complain "sim/linux/include/$f:$other: not as in driver-src/linux/patches/include"
done

[ "$bad" -eq 0 ] && echo "tidy: ok"
exit "$bad"
