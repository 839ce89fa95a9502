#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Passages of ours that stand word for word in Linux or QEMU.

usage: same_lines.py TREE... -- DIR...

Prints each run of five or more lines of the C files under DIR that also occurs in a C file of one of
the source TREEs; white space, braces and comment marks do not count, and a run must have some text
in it.  Status 1 if there are any.  What has to be the same, since others rely on it (ABI), is
between two comments in the file: "ABI from here" and "ABI up to here", or the file is in a directory
called uapi or standard-headers, or its first lines say "same: ABI".
"""
import pathlib
import sys

RUN = 5			# lines
TEXT = 100		# characters of a run, without white space
TRIVIAL = {'', '{', '}', '};', '/*', '*/', '*', '});', '})', 'do {', 'else', 'break;', 'return;'}
# Of a source tree, what ours models.
PARTS = ('mm', 'kernel', 'lib', 'drivers/virtio', 'include', 'tools/virtio', 'arch/x86/include',
         'hw', 'softmmu', 'qom', 'util', 'migration', 'block', 'net', 'tests/qtest', 'qobject')


# What of a tree `make kernel` has put there.
OURS = pathlib.Path('driver-src/linux/patches')


def significant(path):
    """(number, text) of the lines that count."""
    with open(path, encoding='utf-8', errors='replace') as file:
        for number, line in enumerate(file, 1):
            text = ''.join(line.split())
            if text not in TRIVIAL:
                yield number, text


def files_under(top):
    top = pathlib.Path(top)
    return sorted(p for p in top.rglob('*') if p.suffix in ('.c', '.h') and p.is_file())


def windows(lines):
    for at in range(len(lines) - RUN + 1):
        text = '\n'.join(line for _, line in lines[at:at + RUN])
        if len(text) >= TEXT:
            yield at, text


def read_trees(trees):
    known = {}
    for tree in trees:
        for part in PARTS:
            for path in files_under(pathlib.Path(tree, part)):
                name = path.relative_to(tree)
                if 'ballast' in str(name) or (OURS / name).exists():
                    continue		# ours, overlaid by a build
                lines = list(significant(path))
                for at, text in windows(lines):
                    known.setdefault(hash(text), (path, lines[at][0]))
    return known


def is_abi(path, text):
    if {'uapi', 'standard-headers'} & set(path.parts):
        return True
    return 'same: ABI' in '\n'.join(text[:6])


def abi_lines(text):
    """Numbers of the lines between the two comments."""
    inside, numbers = False, set()
    for number, line in enumerate(text, 1):
        inside = inside or 'ABI from here' in line
        if inside:
            numbers.add(number)
        inside = inside and 'ABI up to here' not in line
    return numbers


def same_runs(path, known):
    """(first, last, where) of each run of the file."""
    text = path.read_text(encoding='utf-8', errors='replace').splitlines()
    if is_abi(path, text):
        return
    abi = abi_lines(text)
    lines = [pair for pair in significant(path) if pair[0] not in abi]
    run = None
    for at, window in windows(lines):
        where = known.get(hash(window))
        if not where:
            continue
        if run and at <= run[1]:
            run[1] = at + RUN - 1
            continue
        if run:
            yield lines[run[0]][0], lines[run[1]][0], run[2]
        run = [at, at + RUN - 1, where]
    if run:
        yield lines[run[0]][0], lines[run[1]][0], run[2]


def main():
    if '--' not in sys.argv:
        sys.exit(__doc__.splitlines()[2])
    split = sys.argv.index('--')
    known = read_trees(sys.argv[1:split])
    if not known:
        sys.exit('same_lines: no C file in ' + ' '.join(sys.argv[1:split]))
    found = 0
    for top in sys.argv[split + 1:]:
        for path in files_under(top):
            for first, last, (other, line) in same_runs(path, known):
                print(f'{path}:{first}-{last}: as {other}:{line}')
                found += 1
    sys.exit(1 if found else 0)


main()
