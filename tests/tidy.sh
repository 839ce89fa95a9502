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

# One process for all of them: there are a thousand.
there=$(for f in $files; do [ ! -f "$f" ] || echo "$f"; done)
lines=$(awk '
	function complain(what) { print "tidy: " FILENAME what }
	# how wide it is with tabs of 8
	function width(line,  n, at) {
		while ((at = index(line, "\t"))) {
			n += at - 1
			n += 8 - n % 8
			line = substr(line, at + 1)
		}
		return n + length(line)
	}
	function end_file() { if (FILENAME != "" && !spdx) print "tidy: " file ": no SPDX line" }
	FNR == 1 {
		if (NR > 1)
			end_file()
		file = FILENAME
		spdx = long = blank = 0
		limit = file ~ /\.dts[io]?$/ ? 200 : 100	# strings cannot be broken
	}
	FNR <= 2 && /SPDX-License-Identifier: GPL-2.0/ { spdx = 1 }
	!long && length($0) > limit / 8 && width($0) > limit {
		long = 1
		complain(":" FNR ": line of more than " limit " columns")
	}
	!blank && /[ \t\r\f\v]$/ {
		blank = 1
		complain(":" FNR ": white space at the end of a line")
	}
	END { end_file() }' $there)
[ -z "$lines" ] || { echo "$lines"; bad=1; }

# Names of headers as one regular expression.
any_of() {
	echo "$@" | sed 's/  */|/g; s/\./\\./g'
}

# driver-src knows the Linux API, the QEMU API and driver-src/uapi, nothing of ours.
grep -rnE '#[[:space:]]*if.*(SIM|BALLAST_SIM)' driver-src && complain "driver-src: conditional on the simulator"
# (trace.h is QEMU's own name for its trace points; what patches/ adds to a kernel's mm/ includes mm/internal.h)
ours=$(cd sim && find engine qemu scenario trace workload real study calibrate survey record -maxdepth 1 -name '*.h' \
	! -name trace.h -exec basename {} \;; cd ../host-model && ls *.h)
grep -rnE "#include \"($(any_of $ours))\"" driver-src --exclude-dir=patches && complain "driver-src includes a header of the simulator"

# Arrows point one way.
forbid() {
	if grep -nE "#include \"($(any_of $2))\"" $1 2>/dev/null; then
		complain "$1 includes what is against the arrows of ARCHITECTURE.md"
	fi
}
forbid 'sim/engine/*.[ch]' 'cpu.h host.h kvm.h ram.h cost.h trace.h scenario.h kernel.h vmm.h'
forbid 'host-model/*.[ch]' 'trace.h scenario.h kernel.h vmm.h machine.h'
forbid 'sim/linux/*/*.[ch]' 'scenario.h machine.h vmm.h'
forbid 'sim/qemu/*.[ch]' 'scenario.h machine.h kernel.h'
forbid 'sim/real/*.[ch] sim/real/guest/*.[ch]' 'machine.h kernel.h vmm.h host.h cli.h'
forbid 'sim/trace/*.[ch]' 'scenario.h machine.h kernel.h vmm.h host.h'
forbid 'sim/real/*.[ch] sim/real/guest/*.[ch]' 'machine.h kernel.h vmm.h host.h kvm.h'
forbid 'viz/*.[ch]' 'scenario.h machine.h kernel.h vmm.h host.h kvm.h ram.h cpu.h cli.h study.h'
grep -nE '#include .*SDL' $(ls viz/*.[ch] | grep -v 'viz/window.c') && complain "only viz/window.c knows SDL"

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
unknown=$(find sim/linux/include sim/qemu/include -name '*.h' -exec awk '
	FNR == 1 { if (NR > 1 && !kind) print file; file = FILENAME; kind = 0 }
	FNR <= 6 && /(same|model|stub)/ { kind = 1 }
	END { if (!kind) print file }' {} +)
[ -z "$unknown" ] || complain "no word of same, model or stub in $unknown"

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
