#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# picture.sh REPORT TITLE: one plot of a report of `ballast` as an SVG file of its own, on white; printed.
set -eu
awk -v title="$2" '
	/^<style>/ { style = 1; next }
	/^<\/style>/ { style = 0 }
	style && !/^@media/ { css = css $0 "\n" }
	/^<svg/ && index($0, "aria-label=\"" title) {
		sub(/<svg/, "<svg xmlns=\"http://www.w3.org/2000/svg\"")
		print
		print "<style>\n" css "svg{background:#fff}</style>"
		inside = found = 1
		next
	}
	inside { print }
	/^<\/svg>/ { inside = 0 }
	END { exit !found }' "$1"
