#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Stock drivers, cores and devices of each version in each other's company; see docs/versions.md.

usage: versions.py BUILD [DOCUMENT]

Builds what can be had (make upstream LINUX=... QEMU=...; KSRC_6_6=TREE and the like for versions that
Debian has no package of), runs four scenarios with each pair, and prints the table: whether the files
compile unmodified, whether the runs end well, and what of their figures differs: from 6.1 with 7.2, and,
as the page allocator is another one since 6.12, from then on from 6.12 with 7.2.  Below it, digests of the
files that were compiled: Debian's packages change.
Status 1 if something that was to be had did not compile or end well, or, with DOCUMENT, if a row that is made
of the same files as one there is another one.
"""
import hashlib
import itertools
import json
import os
import subprocess
import sys

LINUX = ('5.10', '5.15', '6.1', '6.6', '6.12', '7.2', '7.3')
QEMU = ('7.2', '8.2', '9.2', '10.0', '10.2')
# Of those, the ones that Debian's archive has.
PACKAGED = {'LINUX': ('6.1', '6.12', '7.2', '7.3'), 'QEMU': ('7.2', '10.0', '10.2')}

STOCK = ['--set', '/guest/modules/balloon-driver/image=upstream-virtio_balloon',
         '--set', '/guest/devices/balloon/image=upstream-virtio-balloon',
         '--set', '/guest/devices/balloon/type=virtio-balloon-pci']
REPORTING = ['--overlay', 'scenarios/overlays/reporting.dtso']
RUNS = (('first', ['scenarios/first.dts', *REPORTING, *STOCK]),
        ('demo', ['scenarios/demo.dts', *REPORTING, *STOCK]),
        ('versions', ['scenarios/stock/versions.dts']),
        ('rings', ['scenarios/stock/rings.dts']))
# The page allocators, and who is compared with whom.
STANDARDS = ('6.1', '6.12')
# Rings and buses of older versions are not built.
WITHOUT_RINGS = ('5.10', '5.15')
# What is to be the same: of guests, how much was told, given back, and when programs ended.
FIGURES = ('report_requests', 'reported_bytes', 'given_back_bytes', 'inflated_bytes',
           'deflated_bytes', 'hinted_bytes', 'swap_out_bytes', 'resident_bytes')
# Kernels, drivers and devices differ in a few pages of their own, and in what follows from them.
CLOSE = 0.005


# What `make upstream` takes of each.
FILES = {'LINUX': ('virtio_balloon.c', 'page_reporting.c', 'balloon_core.c', 'virtio_ring.c', 'virtio.c'),
         'QEMU': ('virtio-balloon.c',)}


def digest(build, name):
    """Of the files that were compiled last."""
    sha = hashlib.sha256()
    for file in FILES[name]:
        path = f'{build}/upstream/{file}'
        if os.path.exists(path):
            with open(path, 'rb') as source:
                sha.update(source.read())
    return sha.hexdigest()[:16]


def make(build, digests, **version):
    """Whether all of it compiles, and its digest in digests; None: there are no sources."""
    trees = {'LINUX': 'KSRC', 'QEMU': 'QSRC'}
    words = [f'{name}={value}' for name, value in version.items()]
    for name, value in version.items():
        tree = os.environ.get(f'{trees[name]}_{value.replace(".", "_")}')
        if tree:
            words.append(f'{trees[name]}={tree}')
        elif value not in PACKAGED[name]:
            return None
    compiler = os.path.basename(build).split('-')[0]
    done = subprocess.run(['make', '--no-print-directory', f'CC={compiler}', f'O={build}', 'upstream',
                           *words], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        sys.stderr.write(said)
    # The archive forgets versions.
    if 'cannot be downloaded' in said or 'is in none of' in said:
        return None
    for name, value in version.items():
        digests[name, value] = digest(build, name)
    return done.returncode == 0


def run(build, arguments, linux, qemu):
    """The figures of a run; a string: why there are none."""
    done = subprocess.run([f'{build}/ballast', 'run', *arguments, '--json',
                           '--set', f'/guest/kernel={linux}', '--set', f'/guest/qemu={qemu}'],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'
    result = json.loads(done.stdout)
    figures = {}
    for guest in result['guests']:
        for name in FIGURES:
            short = name.removesuffix('_bytes').replace('_', ' ')
            figures[f'{short} of {guest["name"]}'] = guest[name]
    for program in result['programs']:
        key = f'time of {program["name"]} {program["guest"]}'
        figures[key] = program['run_time_ns']
    return figures


def differences(figures, standard):
    """What differs by more than the code's own size."""
    found = []
    for name, value in standard.items():
        other = figures.get(name)
        if other is None or abs(other - value) > CLOSE * max(value, 1 << 20):
            found.append(f'{name} {(other - value) * 100 / value:+.1f} %'
                         if other is not None and value else f'{name}: {other}, not {value}')
    return found


def table(build, compiles):
    """Rows by pair of versions, and whether something did not compile or end well."""
    bad, rows, standard = False, {}, {}
    order = sorted(itertools.product(LINUX, QEMU), key=lambda p: (p[0] not in STANDARDS, p[1] != '7.2'))
    for linux, qemu in order:
        well = compiles['LINUX'][linux], compiles['QEMU'][qemu]
        if None in well:
            continue
        allocator = allocator_of(linux)
        first = (linux, qemu) == (STANDARDS[1], '7.2')
        cells, told = [], []
        for name, arguments in RUNS if all(well) else ():
            if name == 'rings' and linux in WITHOUT_RINGS:
                cells.append('-')
                continue
            figures = run(build, arguments, linux, qemu)
            cells.append('ends well' if isinstance(figures, dict) else figures)
            if isinstance(figures, dict):
                own = standard.setdefault((name, allocator), figures)
                differs = differences(figures, standard[name, STANDARDS[0]] if first else own)
                if differs:
                    told.append(f'{name}: ' + ', '.join(differs))
        bad |= not all(well) or any(cell not in ('ends well', '-') for cell in cells)
        cells = (linux, qemu, 'yes' if all(well) else 'no', *(cells or ['-'] * len(RUNS)),
                 ('from 6.1: ' if first else '') + ('; '.join(told) or 'nothing'))
        rows[linux, qemu] = '| ' + ' | '.join(cells) + ' |'
    return rows, bad


def allocator_of(linux):
    """The version that it is compared with."""
    return STANDARDS[LINUX.index(linux) >= LINUX.index(STANDARDS[1])]


def digest_row(name, version, value):
    """Of the second table."""
    return f'| {"Linux" if name == "LINUX" else name} {version} | `{value}` |'


def compare(document, rows, digests):
    """Says which rows are made of the document's files and are not there; whether there are any."""
    with open(document, encoding='utf-8') as file:
        lines = set(file.read().splitlines())
    same = {key for key, value in digests.items() if digest_row(*key, value) in lines}
    bad = False
    for (linux, qemu), row in rows.items():
        used = {('LINUX', linux), ('QEMU', qemu), ('QEMU', '7.2'), ('LINUX', allocator_of(linux)),
                ('LINUX', STANDARDS[0])}
        if row not in lines and used <= same:
            print(f'not in {document}: {row}')
            bad = True
    for name, version in sorted(set(digests) - same):
        print(f'{name} {version} is made of other files than that of {document}: its rows are not compared')
    return bad


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.splitlines()[2])
    build, digests = sys.argv[1], {}
    compiles = {'LINUX': {v: make(build, digests, LINUX=v) for v in LINUX},
                'QEMU': {v: make(build, digests, QEMU=v) for v in QEMU}}
    rows, bad = table(build, compiles)
    print('| Linux | QEMU | compiles |', ' | '.join(name for name, _ in RUNS), '| differs |')
    print('|' + '---|' * (4 + len(RUNS)))
    for pair in sorted(rows, key=lambda p: (LINUX.index(p[0]), QEMU.index(p[1]))):
        print(rows[pair])
    print('\n| files of | digest |\n|---|---|')
    for key, value in digests.items():
        print(digest_row(*key, value))
    if len(sys.argv) == 3:
        # Some of the versions the archive has for ever.
        bad |= compare(sys.argv[2], rows, digests) or len(rows) < 6
    sys.exit(1 if bad else 0)


main()
