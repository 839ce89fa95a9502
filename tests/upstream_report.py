#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What stock sources use that the model's headers do not have.

usage: upstream_report.py CC FILE FLAGS [FILE FLAGS]...

Prints one table: file, kind (header, function, type, ...) and name, with the line of the first use.
A header that is missing is taken for an empty one, so that what comes after it is seen, too; what it
would have declared is then missing as well.  Status 2 if the compiler says something that is not
understood.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

HEADERS_MAX = 200
QUOTE = "['\u2018\u2019]"
NAME = QUOTE + r'((?:struct |union |enum )?[A-Za-z_]\w*)' + QUOTE

# In the words of gcc and of clang.
HEADER = re.compile(r'fatal error: ' + QUOTE + r'?([^\s:\']+)' + QUOTE +
                    r'?(?:: No such file| file not found)')
KINDS = (
    ('function', re.compile('implicit declaration of function ' + NAME)),
    ('function', re.compile('call to undeclared (?:library )?function ' + NAME)),
    ('type', re.compile('unknown type name ' + NAME)),
    ('member', re.compile('has no member named ' + NAME)),
    ('member', re.compile('no member named ' + NAME)),
    ('type', re.compile('(?:undefined|incomplete) type ' + NAME)),
    ('type', re.compile('invalid application of ' + QUOTE + 'sizeof' + QUOTE +
                        ' to incomplete type ' + NAME)),
    ('type of', re.compile('storage size of ' + NAME)),
    ('identifier', re.compile(NAME + ' undeclared')),
    ('identifier', re.compile('use of undeclared identifier ' + NAME)),
)
PLACE = re.compile(r'^([^:\s]+):(\d+):(?:\d+:)? (?:fatal )?error: ')


def run(compiler, file, flags, stubs, *what):
    command = [*shlex.split(compiler), *shlex.split(flags), f'-I{stubs}', *what, file]
    command = [word for word in command if word not in ('-MMD', '-MP')]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    return done.stdout + done.stderr


def compile_file(compiler, file, flags, stubs):
    return run(compiler, file, flags, stubs, '-fsyntax-only')


def missing_headers(compiler, file, flags, stubs):
    """Names of missing headers, with the place of each; leaves empty ones in @stubs."""
    found = []
    while len(found) < HEADERS_MAX:
        said = compile_file(compiler, file, flags, stubs)
        match = HEADER.search(said)
        if not match or match[1] in [name for _, name, _ in found]:
            return found, said
        line = next(PLACE.match(text)[2] for text in said.splitlines()
                    if HEADER.search(text) and PLACE.match(text))
        found.append(('header', match[1], line))
        path = os.path.join(stubs, match[1])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'w', encoding='ascii').close()
    return found, ''


def missing_names(said, file):
    found, strange = {}, []
    for text in said.splitlines():
        place = PLACE.match(text)
        if not place:
            continue
        for kind, pattern in KINDS:
            match = pattern.search(text)
            if match:
                found.setdefault((kind, match[1]), place[2])
                break
        else:
            strange.append(text)
    # What follows from a missing name is not worth a line of its own.
    return [(kind, name, line) for (kind, name), line in found.items()], [] if found else strange


def main():
    if len(sys.argv) < 4 or len(sys.argv) % 2:
        sys.exit(__doc__.splitlines()[2])
    compiler, rows, strange = sys.argv[1], [], []
    for file, flags in zip(sys.argv[2::2], sys.argv[3::2]):
        with tempfile.TemporaryDirectory() as stubs:
            headers, said = missing_headers(compiler, file, flags + ' -ferror-limit=0'
                                            if 'clang' in compiler else flags, stubs)
        names, other = missing_names(said, file)
        rows += [(os.path.basename(file), *row) for row in headers + names]
        strange += other
    rows = [('file', 'missing', 'name', 'line'), *rows]
    if len(rows) > 1:
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            print('  '.join(cell.ljust(width) for cell, width in zip(row, widths)), row[3],
                  sep='  ')
    else:
        print('nothing is missing')
    for text in strange:
        print(text, file=sys.stderr)
    sys.exit(2 if strange else 0)


if __name__ == '__main__':
    main()
