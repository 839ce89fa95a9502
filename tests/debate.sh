#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# debate.sh BALLAST: run scenarios/debate and print docs/debate.md: for each argument of the thread its
# question, the comparison that answers it, who wins, and what that depends on.
#
# Beside NAME.dts are NAME.with, what is compared (arguments of `ballast compare`, a line each), and NAME.md, what
# was argued and what the answer depends on.  What is said of the figures is computed.
set -eu
ballast=$1
dir=scenarios/debate

cat "$dir/head.md"
for with in "$dir"/*.with; do
	name=$(basename "$with" .with)
	set --
	while read -r line; do
		set -- "$@" "$line"
	done <"$with"
	echo
	sed -n 's/^\tdescription = "\(.*\)";$/## \1/p' "$dir/$name.dts"
	echo
	sed -n '/^---$/q; p' "$dir/$name.md"
	echo
	echo '```'
	printf 'build/gcc/ballast compare %s' "$dir/$name.dts"
	for arg; do
		case $arg in --*) printf ' %s' "$arg" ;; *) printf " '%s'" "$arg" ;; esac
	done
	echo
	echo
	"$ballast" compare "$dir/$name.dts" --quiet "$@" || [ $? -eq 1 ]
	echo '```'
	echo
	sed -n '1,/^---$/d; p' "$dir/$name.md"
done
