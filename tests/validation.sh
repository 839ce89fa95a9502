#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# validation.sh BALLAST: run the published experiments with ten seeds each and print docs/validation.md.
set -eu
cat tests/validation.head
"$1" published --seeds 10 --markdown
