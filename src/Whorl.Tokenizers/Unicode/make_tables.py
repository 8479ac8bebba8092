"""Writes UnicodeTables.bin: the Unicode facts in which the reference tokenizer differs from .NET, or which .NET does not offer.

    python3 make_tables.py GOLDEN MARKS SCRIPTS > report

GOLDEN   golden/tokenizers/unicode.json.gz of the reference data (read out of the reference implementation over all code points)
MARKS    tables.rs of the crate unicode_categories 0.1.1 (nonspacing marks of Unicode 8, used by BertNormalizer)
SCRIPTS  scripts.rs of tokenizers (the script of each code point as its UnicodeScripts pre-tokenizer sees it)

Scripts and the properties Alphabetic, Uppercase and Lowercase for regular expressions come from Python's `regex` package, cut down to the
code points that Oniguruma's Unicode 16 assigns; combining classes from `unicodedata`, cut down to the marks that the reference knows.

File: all numbers are LEB128. Sets: count, then per set name, ranges as (gap, length - 1). Maps: count, then per map name, entries as
(gap, length, code points). Combining classes: ranges as (gap, length - 1, class). Compositions: (first, second, composed).
"""
import gzip
import json
import re
import sys
import unicodedata

import regex


def number(out, value):
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def text(out, value):
    data = value.encode("ascii")
    number(out, len(data))
    out.extend(data)


def ranges_of(points):
    ranges = []
    for c in sorted(points):
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    return ranges


def write_ranges(out, ranges):
    number(out, len(ranges))
    at = 0
    for first, last in ranges:
        number(out, first - at)
        number(out, last - first)
        at = last + 1


def write_map(out, entries):
    number(out, len(entries))
    at = 0
    for c, result in sorted(entries.items()):
        number(out, c - at)
        number(out, len(result))
        for r in result:
            number(out, ord(r))
        at = c + 1


golden = json.load(gzip.open(sys.argv[1]))
classes = {k: {c for a, b in v for c in range(a, b + 1)} for k, v in golden["classes"].items()}
maps = {k: {int(c, 16): r for c, r in v.items()} for k, v in golden["maps"].items()}
every = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
assigned = {c for c in every if c not in classes["oniguruma \\p{C}"] or unicodedata.category(chr(c)) in ("Cc", "Cf", "Co")}

sets = {
    "numeric": classes["Digits cuts out"],
    "punctuation": classes["Punctuation cuts out"],
    "combining-mark": set(maps["StripAccents"]),
    "bert-removed": classes["BertNormalizer clean_text removes"],
    "word": classes["oniguruma \\w"],
    "rust-word": set(every) - classes["Whitespace cuts out"] - classes["Whitespace removes"],
}
marks = re.search(r"MARK_NONSPACING.*?\];", open(sys.argv[2]).read(), re.S).group(0)
sets["nonspacing-mark"] = {int(x, 16) for x in re.findall(r"u\{([0-9A-Fa-f]+)\}", marks)}
for name in ("Alphabetic", "Uppercase", "Lowercase"):
    test = regex.compile("\\p{%s}" % name)
    sets["property=" + name.lower()] = {c for c in assigned if test.match(chr(c))}
names = []
for line in open(sys.argv[3]):
    m = re.match(r"^    (\w+),$", line)
    if m:
        names.append(m.group(1))
source = open(sys.argv[3]).read()
by_script = {}
for first, last, script in re.findall(r"0x([0-9A-Fa-f]+)(?:\.\.=0x([0-9A-Fa-f]+))?\s*=>\s*Script::(\w+)", source):
    by_script.setdefault(script, set()).update(range(int(first, 16), int(last or first, 16) + 1))
for script, points in by_script.items():
    sets["pre-tokenizer-script=" + script] = points
for script in sorted(set(names) - {"Any"}):
    spelled = re.sub(r"(?<!^)(?=[A-Z])", "_", script)
    try:
        test = regex.compile("\\p{Script=%s}" % spelled)
    except regex.error:
        continue
    sets["script=" + script.lower()] = {c for c in assigned if test.match(chr(c))}

nfd = maps["NFD"]
nfkd = {c: r for c, r in maps["NFKD"].items() if nfd.get(c) != r}
classes_of = {c: unicodedata.combining(chr(c)) for c in maps["StripAccents"] if unicodedata.combining(chr(c))}
whole = {}
for c, r in nfd.items():
    if c not in maps["NFC"] and len(r) > 1:
        whole[r] = c
compositions = []
for r, c in whole.items():
    first = r[0] if len(r) == 2 else chr(whole[r[:-1]])
    compositions.append((ord(first), ord(r[-1]), c))
    if unicodedata.normalize("NFC", first + r[-1]) != chr(c):
        print("composition differs from Python", hex(c))

out = bytearray()
number(out, len(sets))
for name in sorted(sets):
    text(out, name)
    write_ranges(out, ranges_of(sets[name]))
    print(name, len(ranges_of(sets[name])))
all_maps = {"canonical": nfd, "compatibility": nfkd, "lowercase": maps["Lowercase"]}
number(out, len(all_maps))
for name in sorted(all_maps):
    text(out, name)
    write_map(out, all_maps[name])
    print(name, len(all_maps[name]))
runs = []
for c in sorted(classes_of):
    if runs and runs[-1][1] == c - 1 and runs[-1][2] == classes_of[c]:
        runs[-1][1] = c
    else:
        runs.append([c, c, classes_of[c]])
number(out, len(runs))
at = 0
for first, last, value in runs:
    number(out, first - at)
    number(out, last - first)
    number(out, value)
    at = last + 1
number(out, len(compositions))
for first, second, composed in sorted(compositions):
    number(out, first)
    number(out, second)
    number(out, composed)
open("UnicodeTables.bin", "wb").write(out)
print("bytes", len(out))
