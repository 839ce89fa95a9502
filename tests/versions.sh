#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# versions.sh BUILD: print docs/versions.md, with the table of what stock code of each version does.
set -eu
cat tests/versions.head
"${PYTHON:-python3}" tests/versions.py "$1"
cat tests/versions.tail
