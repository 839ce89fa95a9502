#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The viewer's window, used as a person would, on a display of its own (Xvfb).  What it shows is asked for
# with Ctrl+C: the command that shows the same.  The last line says how many checks passed and failed.
#
# viz_window.sh VIEWER BALLAST
set -u
viewer=$(realpath "$1")
ballast=$(realpath "$2")
scenario=$(realpath "$(dirname "$0")/../scenarios/first.dts")
for tool in Xvfb xdotool xclip; do
	if ! command -v $tool >/dev/null; then
		echo "skipped 1: the window is not tested: there is no $tool (make deps DEPS=ci)"
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	fi
done
work=$(mktemp -d)
cd "$work" || exit 2
passed=0
failed=0
viewer_pid=
xvfb_pid=
end() {
	[ -z "$viewer_pid" ] || kill "$viewer_pid" 2>/dev/null
	[ -z "$xvfb_pid" ] || kill "$xvfb_pid" 2>/dev/null
	rm -rf "$work"
}
trap end EXIT

# What a hand does.  The viewer gets all of it at once, as on a busy machine: so how fast it is, or xdotool,
# changes nothing of it (what is a double click, which keys are still down when the viewer looks).
x() {
	kill -STOP "$viewer_pid"
	timeout 20 xdotool "$@" >/dev/null 2>&1
	kill -CONT "$viewer_pid"
}

# until SECONDS COMMAND...: waits for it to become true.
until_true() {
	local left=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.05
	done
}

holds() {
	clipboard=$(timeout 5 xclip -o -selection clipboard 2>/dev/null)
	printf '%s\n' "$clipboard" | grep -q "$1"
}

# What Ctrl+C copies.  xclip may return before the clipboard is its own, so that is waited for.
ask() {
	printf none | timeout 5 xclip -i -selection clipboard >/dev/null 2>&1
	until_true 20 holds '^none$' || return 1
	x key ctrl+c
	until_true 20 holds '^ballast-view' || return 1
	printf '%s\n' "$clipboard"
}

# check NAME TEXT PATTERN: what Ctrl+C gave holds the pattern.
check() {
	if printf '%s\n' "$2" | grep -qE -- "$3"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: "%s" does not match "%s"\n' "$1" "$2" "$3"
	fi
}

check_true() {
	local name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: %s\n' "$name" "$*"
	fi
}

# value OPTION COMMAND-LINE: "none" if it has no such option
value() {
	printf '%s\n' "$2" | sed -n "s/.* $1 \([^ ]*\).*/\1/p" | grep . || echo none
}

# the ends of what is in view
from_of() {
	value --zoom "$1" | sed 's/\.\..*//'
}

to_of() {
	value --zoom "$1" | sed 's/.*\.\.//'
}

is() {
	case $1 in *none*) return 1 ;; esac
	awk "BEGIN { exit !($(printf '%s' "$1" | tr -d '\n\t')) }"
}

cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$viewer_pid/stat"
}

"$ballast" run "$scenario" --quiet --trace first.trace || exit 1
# -r: a key that is down for long on a busy machine is no key that is pressed again and again
Xvfb -r -displayfd 3 -screen 0 1280x720x24 -nolisten tcp 3>display 2>/dev/null &
xvfb_pid=$!
until_true 20 test -s display || { echo "Xvfb does not start"; exit 1; }
DISPLAY=:$(cat display)
export DISPLAY
unset WAYLAND_DISPLAY SDL_VIDEODRIVER

# With OpenGL, SDL makes the window a second time when the first picture is shown.
SDL_FRAMEBUFFER_ACCELERATION=0 "$viewer" first.trace --size 1280x720 2>viewer.err &
viewer_pid=$!
find_window() {
	window=$(timeout 10 xdotool search --onlyvisible --name ballast-view 2>/dev/null | head -n 1)
	[ -n "$window" ]
}
until_true 30 find_window || { echo "there is no window"; cat viewer.err; exit 1; }
# without a window manager the focus goes where it is told to, once the window is there
until_true 20 sh -c "timeout 10 xdotool windowfocus $window && [ \$(timeout 5 xdotool getwindowfocus) = $window ]"
focused=$(date +%s%N)
x mousemove --window "$window" 700 400
# SDL takes notice of the focus 200 ms later, when it looks at events, and then at the keys that are down.
until_true 5 sh -c "[ \$(date +%s%N) -gt $((focused + 300000000)) ]"
x key Escape

all=$(ask)
end_s=$(to_of "$all")
check "all of the run at first" "$all" '^ballast-view first.trace --zoom 0\.\.[0-9.]+ --size 1280x720 --scale 1 --theme dark$'

for i in 1 2 3 4 5; do x click 4; done
zoomed=$(ask)
# the plot goes from 210 to 1280 - 62: the pointer was at 700
check_true "the wheel zooms" is "$(to_of "$zoomed") - $(from_of "$zoomed") < 0.5 * $end_s"
check_true "what is under the pointer stays" is "
	($(from_of "$zoomed") + ($(to_of "$zoomed") - $(from_of "$zoomed")) * 490 / 1008 - $end_s * 490 / 1008) ^ 2 <
	(0.01 * $end_s) ^ 2"

# far from where the next press is, which would else be the second of a double click
x mousemove --window "$window" 700 500 mousedown 1 mousemove_relative 100 0 mouseup 1
moved=$(ask)
check_true "dragging pans" is "$(from_of "$moved") < $(from_of "$zoomed")"
x key Right
x key d
check_true "keys pan" is "$(from_of "$(ask)") > $(from_of "$moved")"
x key Home
check "Home shows all" "$(ask)" "--zoom 0\.\.$end_s "

x mousemove --window "$window" 714 400 click 1
clicked=$(ask)
check_true "a click sets the cursor" is "($(value --at "$clicked") - $end_s / 2) ^ 2 < (0.01 * $end_s) ^ 2"
x key plus
x key f
centred=$(ask)
check_true "f centres" is "
	(($(from_of "$centred") + $(to_of "$centred")) / 2 - $(value --at "$clicked")) ^ 2 < (0.01 * $end_s) ^ 2"
x mousemove --window "$window" 600 400 click --repeat 2 --delay 60 1
check "a double click shows all" "$(ask)" "--zoom 0\.\.$end_s "

ruler=$(timeout 10 "$viewer" first.trace --size 1280x720 --screenshot shot.png && echo 1)
check "a picture beside the window" "$ruler" 1
# where the ruler is depends on how long the legend is
for y in 160 150 140 130 120 110 100 90; do
	x key Escape
	x mousemove --window "$window" 400 $y mousedown 1 mousemove --window "$window" 500 $y mouseup 1
	selected=$(ask)
	case $selected in *--select*) break ;; esac
done
check "dragging on the ruler selects" "$selected" ' --select [0-9.]+\.\.[0-9.]+'
x key Home
x key shift+a
x key shift+b
check "markers" "$(ask)" ' --mark-a [0-9.]+ --mark-b [0-9.]+'
for i in 1 2 3 4 5; do x key Escape; done
check "Escape clears" "$(ask)" '^ballast-view first.trace --zoom [0-9.]+ --size 1280x720 --scale 1 --theme dark$'

x key slash
x type --delay 30 quit
check_true "letters of a search are no commands" kill -0 "$viewer_pid"
x key Escape
x key slash
x type --delay 30 boots
x key Return
check "a search sets the cursor" "$(ask)" ' --at [0-9.]+ '
x key Escape
x key Escape
x mousemove --window "$window" 40 160 click 1
check "a click on a name makes a row" "$(ask)" ' --collapse [^ ]+$'
x key c
check "c clears filters" "$(ask)" '--theme dark$'
x key g
x type --delay 30 nobody
x key Return
check "g filters" "$(ask)" '--filter nobody$'
x key c
x key t
check "t changes the theme" "$(ask)" '--theme light$'
x key ctrl+plus
check "Ctrl+plus is larger" "$(ask)" '--scale 1.25 '
x key ctrl+minus
x key question
x key question
x windowsize "$window" 1000 640
again=$(ask)
check "the window can be resized" "$again" '--size 1000x640 --scale 1 '
check_true "the command that was copied works" sh -c "$(dirname "$viewer")/$again --screenshot again.png"

before=$(cpu_ticks)
sleep 3
check_true "it sleeps when nothing happens" [ $(($(cpu_ticks) - before)) -le 2 ]

# Who pastes may be gone when the viewer answers.
kill -STOP "$viewer_pid"
timeout 1 xclip -o -selection clipboard >/dev/null 2>&1
kill -CONT "$viewer_pid"
check "it outlives who pastes" "$(ask)" '--size 1000x640 '

gone() {
	! kill -0 "$viewer_pid"
}
x key q
until_true 30 gone || kill "$viewer_pid"
wait "$viewer_pid"
status=$?
viewer_pid=
check "q ends with 0" "$status" '^0$'
check_true "nothing was said on stderr" test ! -s viewer.err
DISPLAY='' "$viewer" first.trace 2>none.err
check "without a display it says what needs none" "$? $(cat none.err)" '^2 ballast-view: .*--screenshot'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
