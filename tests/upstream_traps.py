#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a driver needs and the model does not have, taken from the driver's own tree.

usage: upstream_traps.py CC TREE DRIVER DIR FLAGS

Writes DIR/traps.h: declarations of what is missing (headers, types, constants, macros, functions), as the
kernel tree TREE has them; DIR/traps.c: definitions of the functions, which stop the guest that calls one
and say which; and DIR/driver.c, the driver (a path in TREE) with traps.h behind its headers.  Prints what
was taken, and what is in the way of compiling it.  Status 1 if it does not compile.

What cannot be had like this is members of structures that the model has and defines otherwise.
"""
import collections
import json
import os
import re
import shutil
import subprocess
import sys

import upstream_report as report

ROUNDS_MAX = 60
TEXT_MAX = 400		# lines of one declaration
WHERE = ('include', 'arch/x86/include')
# What real headers bring along whatever is included.
COMMON = ('module', 'init', 'kernel', 'mm', 'slab', 'wait', 'notifier', 'workqueue', 'refcount')
MODEL = 'sim/linux/include'
# Tracepoints are not there, and cost nothing.
TRACEPOINTS = ('TRACE_EVENT', 'DECLARE_EVENT_CLASS', 'DEFINE_EVENT', 'DEFINE_EVENT_PRINT', 'TRACE_EVENT_CONDITION',
               'TRACE_DEFINE_ENUM', 'DECLARE_TRACE')
# Which of several declarations of a name is taken: what is code already comes first.
RANK = {'prototype': 0, 'macro': 1, 'struct': 2, 'union': 2, 'typedef': 3, 'enumerator': 4,
        'enum': 5, 'externvar': 6, 'function': 7}
INLINE = re.compile(r'\b(static|extern|inline|__always_inline|__inline__|__inline|noinline|__init|'
                    r'__exit|__must_check|__meminit|__ref|__cold|asmlinkage|__visible)\b')


class Tree:
    """An index of a tree's headers, by ctags."""

    def __init__(self, top, driver, cache):
        self.top, self.names = top, collections.defaultdict(list)
        index = os.path.join(cache, 'tags.json')
        dirs = [d for d in (*WHERE, os.path.dirname(driver)) if os.path.isdir(os.path.join(top, d))]
        if not os.path.exists(index):
            subprocess.run(['ctags', '-R', '--languages=C,C++', '--langmap=C:.c.h,C++:', '--kinds-C=+px',
                            '--fields=+neS', '--output-format=json', '-f', index, *dirs], cwd=top,
                           check=True)
        with open(index, encoding='utf-8', errors='replace') as tags:
            for line in tags:
                tag = json.loads(line)
                if tag.get('_type') == 'tag' and tag['path'].endswith('.h') and tag['kind'] in RANK:
                    self.names[tag['name']].append(tag)

    def find(self, name, *kinds):
        found = [t for t in self.names.get(name, ()) if t['kind'] in kinds]
        # linux/ before what is for one bus or machine; of several in a file the last one, which is
        # that of 64 bits, and of no debugging
        found.sort(key=lambda t: (RANK[t['kind']], not t['path'].startswith('include/linux'),
                                  'asm-generic' in t['path'], t['path'],
                                  -t['line'] if t['kind'] == 'macro' else t['line']))
        return found[0] if found else None

    def empty(self, name):
        """Whether it does nothing when it is not configured: an inline function without a body."""
        for tag in self.names.get(name, ()):
            if tag['kind'] == 'function':
                body = '\n'.join(self.lines(tag)[tag['line'] - 1:tag.get('end', tag['line'])])
                if re.search(r'\)\s*\{\s*\}\s*$', body):
                    return True
        return False

    def lines(self, tag):
        with open(os.path.join(self.top, tag['path']), encoding='utf-8', errors='replace') as file:
            return file.read().split('\n')

    def until(self, tag, ends):
        """From the tag's line to one that ends the declaration."""
        lines, first = self.lines(tag), tag['line'] - 1
        # the type may be on the line before
        if tag['kind'] in ('prototype', 'function') and first and \
                re.match(r'^[\w \t*]+$', lines[first - 1]) and not lines[first].startswith('static'):
            first -= 1
        text = []
        for line in lines[first:first + TEXT_MAX]:
            text.append(line)
            if ends(line):
                break
        return '\n'.join(text)

    def text(self, tag):
        kind = tag['kind']
        if kind == 'macro':
            return self.until(tag, lambda line: not line.endswith('\\'))
        if kind in ('struct', 'union', 'enum'):
            text = '\n'.join(self.lines(tag)[tag['line'] - 1:tag.get('end', tag['line'])])
            return re.sub(r'\}[^}]*$', '};', text)
        if kind == 'typedef':
            whole = self.find(tag.get('typeref', '').split(':')[-1], 'struct', 'union', 'enum')
            if whole and whole['path'] == tag['path'] and whole.get('end') == tag['line']:
                return '\n'.join(self.lines(whole)[whole['line'] - 1:whole['end']])
        if kind == 'function':
            return self.until(tag, lambda line: '{' in line).split('{')[0]
        return self.until(tag, lambda line: ';' in line)


class Traps:
    def __init__(self, tree):
        self.tree, self.functions, self.variables = tree, {}, {}
        self.types, self.macros = {}, {}
        self.taken = set()

    def header(self):
        """Macros, then types, each behind those that it is made of, then what uses them."""
        order, seen = [], set()

        def visit(name):
            if name in seen:
                return
            seen.add(name)
            for word in re.findall(r'[A-Za-z_]\w*', self.types[name]):
                if word in self.types:
                    visit(word)
            order.append(self.types[name])

        for name in self.types:
            visit(name)
        uses = [*self.variables.values(), *(f'{text};' for text in self.functions.values())]
        structs = sorted(set(re.findall(r'\bstruct \w+', ' '.join(uses))))
        return '\n\n'.join([*self.macros.values(), *(f'{s};' for s in structs), *order,
                            *(f'extern {text}' for text in self.variables.values()),
                            *(f'{text};' for text in self.functions.values())]) + '\n'

    def take_function(self, name, tag):
        text = ' '.join(self.tree.text(tag).split()).rstrip(';')
        text = re.sub(r'/\*.*?\*/', '', text)
        cut = text.find(name)
        depth, end = 0, len(text)
        for i in range(cut + len(name), len(text)):
            depth += {'(': 1, ')': -1}.get(text[i], 0)
            if depth == 0 and text[i] == ')':
                end = i + 1
                break
        text = ' '.join(INLINE.sub('', text[:end]).split())
        self.functions[name] = text

    def take(self, kind, name):
        """Whether there was something to take for a name that is missing."""
        plain = name.split()[-1]
        space = 'type' if kind == 'type' else 'name'
        if (space, plain) in self.taken:
            return False
        if kind == 'function' and self.tree.empty(plain):
            self.macros[plain] = f'#define {plain}(...) do {{ }} while (0)'
            self.taken.add((space, plain))
            return True
        if kind == 'function' and plain.startswith('trace_') and not self.tree.find(plain, *RANK):
            self.macros[plain] = f'#define {plain}(...) do {{ }} while (0)'
            self.taken.add((space, plain))
            return True
        kinds = {'function': ('prototype', 'macro', 'function'),
                 'identifier': ('macro', 'enumerator', 'externvar', 'prototype', 'function'),
                 'type': ('struct', 'union', 'typedef', 'enum', 'macro'),
                 'type of': ('struct', 'union', 'typedef', 'enum', 'macro')}.get(kind)
        tag = self.tree.find(plain, *kinds) if kinds else None
        if not tag:
            return False
        self.taken.add((space, plain))
        if tag['kind'] in ('prototype', 'function'):
            self.take_function(plain, tag)
        elif tag['kind'] == 'enumerator':
            whole = self.tree.find(tag.get('scope', '').split('::')[-1], 'enum')
            if not whole or ('type', whole['name']) in self.taken:
                return False
            self.taken.add(('type', whole['name']))
            self.types[whole['name']] = self.tree.text(whole)
        elif tag['kind'] == 'externvar':
            text = ' '.join(self.tree.text(tag).split())
            self.variables[plain] = re.sub(r'\bextern\b *', '', text)
        elif tag['kind'] == 'macro':
            self.macros[plain] = self.tree.text(tag)
        else:
            self.types[plain] = self.tree.text(tag)
        return True

    def take_some(self, missing):
        """Types first, then functions: other names may be but their arguments."""
        for kinds in (('type', 'type of'), ('function',), ('identifier',)):
            if [1 for kind, name, _ in missing if kind in kinds and self.take(kind, name)]:
                return True
        return False


def write_driver(tree, driver, path):
    """The driver with traps.h behind the last of the headers at its head."""
    with open(os.path.join(tree, driver), encoding='utf-8', errors='replace') as file:
        lines = file.read().split('\n')
    includes = [i for i, line in enumerate(lines) if re.match(r'#\s*include\b', line)]
    at = includes[-1] + 1 if includes else 0
    lines[at:at] = [*(f'#include <linux/{name}.h>' for name in COMMON), '#include "traps.h"']
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))


def fill_stubs(tree, stubs, names):
    """Of a header that the model does not have, what it includes that the model has."""
    for name in names:
        lines = []
        for where in (*WHERE, 'include/uapi'):
            path = os.path.join(tree, where, name)
            if not os.path.exists(path):
                continue
            with open(path, encoding='utf-8', errors='replace') as file:
                lines += [f'#include <{other}>' for other in
                          re.findall(r'(?m)^#\s*include\s+<([^>]+)>', file.read())
                          if os.path.exists(os.path.join(MODEL, other))]
        if name == 'linux/tracepoint.h':
            lines += [f'#define {macro}(...)' for macro in TRACEPOINTS]
        with open(os.path.join(stubs, name), 'w', encoding='utf-8') as file:
            file.write('\n'.join(['#pragma once', *lines]) + '\n')


def incomplete_types(said):
    """Types that are not said: those of members and variables, which are in the line itself."""
    found = []
    for text in said.splitlines():
        place = report.PLACE.match(text)
        if not place or not re.search('incomplete|storage size', text):
            continue
        with open(place[1], encoding='utf-8', errors='replace') as file:
            line = file.read().split('\n')[int(place[2]) - 1]
        found += [('type', name, place[2])
                  for name in re.findall(r'\b(?:struct|union|enum)\s+(\w+)', line)]
    return found


def model_macros(compiler, source, flags, stubs):
    """What is a macro in the model is its own."""
    done = report.run(compiler, source, flags, stubs, '-dM', '-E')
    return {('name', name) for name in re.findall(r'(?m)^#define (\w+)', done)}


def write_header(path, traps):
    with open(path, 'w', encoding='utf-8') as file:
        file.write('/* Declarations that the model does not have, from the tree of the driver. */\n#pragma once\n')
        file.write(traps.header())


def write_traps(path, traps, includes):
    names = [*traps.functions, *traps.variables]
    with open(path, 'w', encoding='utf-8') as file:
        file.write('/* What the driver calls and the model does not have. */\n#include <linux/module.h>\n')
        file.write(''.join(f'{line}\n' for line in includes))
        file.write(''.join(f'#include <linux/{name}.h>\n' for name in COMMON) + '#include "traps.h"\n\n')
        file.write('void kernel_not_modelled(const char *name) __attribute__((noreturn));\n\n')
        for name, text in traps.functions.items():
            # the driver may have it itself, further down
            file.write(f'__attribute__((weak)) {text}\n{{\n\tkernel_not_modelled("{name}");\n}}\n\n')
        for text in traps.variables.values():
            file.write(f'__attribute__((weak)) {text}\n')
        words = ' '.join(f'"{name}\\0"' for name in names) or '""'
        file.write('\nstatic const char traps[] __attribute__((used, section(".ballast.traps"))) =\n\t'
                   f'{words};\n')


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__.splitlines()[2])
    compiler, top, driver, out, flags = sys.argv[1:]
    stubs = os.path.join(out, 'stubs')
    shutil.rmtree(stubs, ignore_errors=True)
    os.makedirs(stubs)
    tree = Tree(top, driver, out)
    traps = Traps(tree)
    source, header = os.path.join(out, 'driver.c'), os.path.join(out, 'traps.h')
    write_driver(top, driver, source)
    flags += f' -I{out} -I{os.path.join(top, os.path.dirname(driver))} -fmax-errors=0'
    rest, strange = [], []
    write_header(header, traps)
    headers = [name for _, name, _ in report.missing_headers(compiler, source, flags, stubs)[0]]
    fill_stubs(top, stubs, headers)
    traps.taken |= model_macros(compiler, source, flags, stubs)
    for _ in range(ROUNDS_MAX):
        write_header(header, traps)
        said = report.compile_file(compiler, source, flags, stubs)
        rest, strange = report.missing_names(said, source)
        rest = [entry for entry in rest if entry[0] != 'type of']
        if not traps.take_some(rest + incomplete_types(said)):
            break
    with open(os.path.join(top, driver), encoding='utf-8', errors='replace') as file:
        includes = re.findall(r'(?m)^#\s*include\s+<.*', file.read())
    write_traps(os.path.join(out, 'traps.c'), traps, includes)
    print(f'{driver}: {len(headers)} headers, {len(traps.types)} types, {len(traps.macros)} macros, '
          f'{len(traps.variables)} variables and {len(traps.functions)} functions are not the model\'s')
    for kind, name, line in rest:
        print(f'  in the way: {kind} {name} (line {line})')
    for text in strange[:20]:
        print(f'  in the way: {text}')
    sys.exit(1 if rest or strange else 0)


main()
