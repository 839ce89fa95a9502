#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the given suites; the last line says how many checks passed, failed and, if there were such, had nothing
# to run here ("skipped N: REASON").
# They are in TEST_DIR, and run one after the other; by default they are those that need no booted machine,
# and as many run at a time as there are CPUs (TEST_JOBS), with the tidy test after them.
set -u

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
[ -z "${BALLAST_ROWS:-}" ] || : >"$BALLAST_ROWS"
# Limits are of CPU time: how loaded the machine is says nothing of a test.  What sleeps for ever is
# ended by the suite's own limit, in the end.  Booted tests wait for machines, and run as long.
export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-30}"
if [ -n "${TEST_DIR:-}" ]; then
	TEST_JOBS=1
else
	ulimit -t "${TEST_CPU_S:-600}"
fi

# One suite: its line, and in a file NAME what else is to be said, after the line "CHECKS BAD SKIPPED".
run_suite() {
	name=$1
	out=$("${TEST_DIR:-$BALLAST_BUILD/tests}/test_$name" 2>&1 9>&-)
	status=$?
	line=$(printf '%s\n' "$out" | grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' | tail -n 1)
	checks=$(printf '%s' "$line" | sed -n 's/.*Checks: \([0-9]*\),.*/\1/p')
	bad=$(printf '%s' "$line" | sed -n 's/.*Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2/p')
	bad=$(( $(printf '%s' "${bad:-0 0}" | tr ' ' '+') ))
	left_out=$(printf '%s\n' "$out" | sed -n 's/^skipped \([0-9]*\): .*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	if [ "${checks:-0}" -eq 0 ] && [ "$left_out" -gt 0 ] && [ "$status" -eq 0 ]; then
		checks=0	# all of it
	elif [ -z "$checks" ] || [ "$checks" -eq 0 ]; then
		# It ran no check to its end: that is a failure, whatever it says.
		checks=1
		bad=1
	elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	printf '%-18s %4d checks, %d failed\n' "$name" "$checks" "$bad"
	{
		echo "$checks $bad $left_out"
		printf '%s\n' "$out" | grep '^skipped [0-9]*: '
		printf '%s\n' "$out" | grep '^| '	# tables
		[ "$bad" -eq 0 ] || printf '%s:\n%s\n' "$name" "$(printf '%s\n' "$out" | tail -n 40)"
	} >"$results/$name"
}

# As many tokens as may run at a time; who ends puts one back.
mkfifo "$results/.tokens"
exec 9<>"$results/.tokens"
n=${TEST_JOBS:-$(nproc)}
while [ "$n" -gt 0 ]; do
	echo >&9
	n=$((n - 1))
done
for name in "$@"; do
	read -r token <&9
	{ run_suite "$name"; echo >&9; } &
done
wait

passed=0
failed=0
skipped=0
for name in "$@"; do
	read -r checks bad left_out <"$results/$name"
	tail -n +2 "$results/$name"
	passed=$((passed + checks - bad))
	failed=$((failed + bad))
	skipped=$((skipped + left_out))
done
# What was asked of driver and device, as the suites have just measured it (tests/real/rows.h).
if [ -n "${BALLAST_ROWS:-}" ]; then
	printf '| %-4s %-48s %12s %12s %16s  %s\n' row what ours stock limit met
	for row in 1 2 3 4 11; do
		awk -F '\t' -v row=$row '
			$1 == row {
				printf "| %-4s %-48s %12s %12s %16s  %s\n", $1, $2, $3, $4, $5, $6
				n++
			}
			END { if (!n) printf "| %-4s was not measured\n", row }' "$BALLAST_ROWS"
	done
fi
if [ -n "${TEST_DIR:-}" ]; then
	:
elif sh tests/tidy.sh; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
fi
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
