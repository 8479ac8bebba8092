"""Makes jinja-cases.jsonl: small templates and what Jinja2 3.1.6 makes of them.

The environment is the one transformers renders chat templates in. The first line of the result holds the variables.
Run: python jinja_cases.py > jinja-cases.jsonl
"""
import datetime
import json

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

VARIABLES = json.loads(r'''{"s": "Hello World", "e": "", "n": 42, "neg": -7, "f": 2.5, "t": true, "fa": false, "no": null, "l": [3, 1, 2], "le": [], "ls": ["b", "A", "c", "a"], "d": {"b": 1, "a": 2, "C": 3}, "de": {}, "uni": "\u00e9\u4e2d\ud83d\ude00<&>\"'", "ws": "  \t padded \n ", "nested": {"x": {"y": [1, {"z": "deep"}]}}, "ms": [{"role": "user", "content": "hi", "n": 1}, {"role": "assistant", "content": "yo", "n": 2}, {"role": "user", "content": "bye", "n": 3, "tool_calls": [{"name": "f"}]}], "mixed": [1, "a", null, true, 2.0, [1], {"k": "v"}], "lines": "one\ntwo\n\nthree", "csv": "a,b,,c", "dup": [1, 2, 1, 3, 2], "float_i": 3.0, "big": 1e+20, "small": 1e-07, "html": "<b>x</b>"}''')

# One template a line; the sign ␤ stands for a line break within a template.
TEMPLATES = r'''
{{ 10 ** 30 }} {{ 2 ** 100 // 3 }} {{ -(2**70) % 7 }}
{{ 123456789012345678901234567890 / 3 }} {{ 1e22 }} {{ 1e16 }} {{ 123456789.123 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }}
{{ 7.5 // -2 }} {{ -7.5 % 2 }} {{ 7 % -3 }} {{ 0.0 // 1 }} {{ -0.0 }} {{ 1e308 * 10 }} {{ 2 ** 0.5 }} {{ 4 ** -2 }} {{ 0 ** 0 }}
{{ true + true }} {{ true * 3 }} {{ 'a' * true }} {{ [1] * -1 }} {{ 3 * 'ab' }} {{ (1,) * 3 }} {{ (1,) + (2,) }}
{{ 2 == 2.0 }} {{ [1,2.0] == [1.0,2] }} {{ {'a': 1} == {'a': true} }} {{ (1,) == [1] }} {{ 'a' == 1 }} {{ none == none }}
{{ [1, 'a'] < [1, 'b'] }} {{ (1, 2) < (1, 2, 3) }} {{ [] < [1] }}
{{ {1: 'a', 1.0: 'b', true: 'c'} }}
{{ {(1,2): 'x'}[(1,2)] }} {{ {none: 1} }}
{{ {[1]: 2} }}
{{ "%s %r %d %i %5d|%-5d|%05d|%+d|% d" % ('a', 'b', 3, 4.7, 5, 6, 7, 8, 9) }}
{{ "%x %X %o %#x %e %E %g %G %f %.3f %.0f %c %%" % (255, 255, 8, 255, 12345.678, 0.00012, 0.00001234, 1e20, 1.5, 2.0005, 2.5, 'x') }}
{{ "%(a)s-%(b)03d" % {'a': 1, 'b': 2} }}
{{ "%s" % [1] }} {{ "%s" % none }} {{ "%s" % (1,) }} {{ "x" % {} }} {{ "%s %s" % (1,) }}
{{ "%10.4s|" % "abcdefgh" }} {{ "%*d" % (5, 42) }} {{ "%.2f%%" % 12.345 }}
{{ "%d" % "a" }}
{{ "%s" % zz }} {{ "a%sb" % (zz,) }}
{{ "{:>10}|{:<10}|{:^10}|{:*^9}".format('a', 'b', 'c', 'd') }}
{{ "{0:05d} {1:.2f} {2:,} {3:e} {4:%} {5:x} {6:#b} {7:+}".format(42, 3.14159, 1234567, 1234.5, 0.256, 255, 5, 3) }}
{{ "{:08.3f} {:,.2f} {:_} {:g} {:G} {}".format(-3.14159, 1234567.891, 1000000, 1e-10, 1e20, 1.0) }}
{{ "{a[x]} {b.c} {0!r:>5}".format('q', a={'x': 1}, b={'c': 2}) }}
{{ "{{}} {}".format(1) }} {{ "{:{w}}|".format('a', w=5) }} {{ '{x}'.format_map({'x': 3}) }}
{{ "{:010,}".format(1234567) }} {{ "{:.3}".format("abcdef") }} {{ "{:.3}".format(3.14159) }} {{ "{:5}|{:5}|".format(1, 'a') }} {{ "{:5}|".format(true) }} {{ "{:d}".format(true) }}
{{ '{0} {}'.format(1) }}
{{ '{} {0}'.format(1,2) }}
{{ '{'.format() }}
{{ 'a{}b'.format() }}
{{ s.split('o', maxsplit=1) }} {{ s.split(maxsplit=1) }} {{ 'a  b c'.split(none, 1) }} {{ ' a  b c '.rsplit(none, 1) }} {{ ' a b c '.split(' ', 2) }}
{{ 'a\x1cb\u2028c\r\nd\ve'.splitlines() }} {{ 'a\nb\n'.splitlines(true) }} {{ ''.splitlines() }}
{{ 'abcabc'.find('c', 3) }} {{ 'abcabc'.rfind('a') }} {{ 'abcabc'.index('b', -3) }} {{ 'abcabc'.count('bc', 2) }} {{ 'abc'.find('') }} {{ 'abc'.rfind('') }} {{ 'abc'.find('', 4) }} {{ 'aaa'.count('') }} {{ 'aaaa'.count('aa') }}
{{ 'abc'.index('z') }}
{{ 'a,b;c'.replace(',', ';').split(';') }} {{ 'aaa'.replace('a', 'b', 0) }} {{ 'aaa'.replace('', '-', 2) }} {{ '😀b'.replace('', '.') }}
{{ 'hello'.startswith(('x', 'he')) }} {{ 'hello'.startswith('l', 2) }} {{ 'hello'.endswith('l', 0, 4) }} {{ 'hello'.startswith('') }}
{{ 'abc'.center(6) }}| {{ 'ab'.center(5, '-') }} {{ 'abc'.center(8, '*') }} {{ 'abcd'.center(7,'*') }} {{ '-5'.zfill(4) }} {{ '+5'.zfill(4) }} {{ 'a\tb'.expandtabs(4) }}
{{ 'ﬁx ßa ŉ ǆ'.upper() }} {{ 'ΑΣ ΣΑ Σ'.lower() }} {{ 'ǆabc ﬁx'.title() }} {{ 'ßa'.capitalize() }} {{ 'Straße'.casefold() }} {{ 'aBC ß'.swapcase() }} {{ 'İ'.lower() | length }}
{{ '²'.isdigit() }} {{ '²'.isdecimal() }} {{ '½'.isnumeric() }} {{ 'é'.isalpha() }} {{ 'a1'.isidentifier() }} {{ '1a'.isidentifier() }} {{ ''.isalpha() }} {{ 'Ab Cd'.istitle() }} {{ 'AB'.isupper() }} {{ 'A1'.isupper() }} {{ '1'.isupper() }} {{ ' \t'.isspace() }} {{ 'a\n'.isprintable() }} {{ 'aé'.isascii() }}
{{ 'abc'.partition('x') }} {{ 'a.b.c'.rpartition('.') }} {{ 'abc'.rpartition('x') }}
{{ '-'.join(['a', 1]) }}
{{ '-'.join('abc') }} {{ '-'.join({'a': 1, 'b': 2}) }} {{ ''.join([]) }}
{{ 'x'.join(none) }}
{{ '\x00\x7f\u200b\ufeff\U0001F600 \xa0' | list }}
{{ ['\u0301', 'é', '\ud7ff', "it's", 'say "hi"', 'both \' and "'] }}
{{ 'abc'[::-2] }} {{ 'abc'[5:1:-1] }} {{ 'abc'[-5:5] }} {{ l[1:1] }} {{ l[::-1][0] }} {{ range(10)[2:8:3] | list }} {{ range(5)[-1] }} {{ (1,2,3)[::2] }} {{ 'abc'[none:none] }} {{ 'abc'[true] }}
{{ 'abc'[::0] }}
{{ l['x':] }}
{{ d[1:] }}
{{ n[1:] }}
{{ zz[1:] }}
{{ no[0] }}|{{ n[0] }}|{{ s[100] }}|{{ s['upper']() }}|{{ d['keys']() | list }}
{{ d.keys() }} {{ d.items() }} {{ d.values() }} {{ range(3) }} {{ range(0, 10, 2) }}
{{ 'a' in d.keys() }} {{ 1 in d.values() }} {{ ('a', 2) in d.items() }} {{ d.keys() | length }} {{ d.items() is iterable }} {{ d.items() is sequence }}
{{ l.index(1) }} {{ l.count(3) }} {{ (1,2).index(2) }} {{ l.copy() }} {{ d.copy() }}
{{ l.index(99) }}
{{ n.real }} {{ f.is_integer() }} {{ n.bit_length() }} {{ (3.0).is_integer() }}
{{ l.append }} {{ l.append is defined }} {{ d.update is defined }} {{ d.__class__ is defined }} {{ s.__class__.__mro__ }}
{{ s.format.__globals__ }}
{{ (s | upper).lower() }} {{ s | replace('l', '') | length }} {{ -s | length }}
{{ -3 | abs }} {{ (-3) | abs }} {{ 2 ** 3 | abs }} {{ - 3 ** 2 }} {{ -2.5 | round }} {{ not 0 | default(1) }}
{{ 1 if true else 2 if false else 3 }} {{ 1 if false }}x {{ (1 if false) is defined }} {{ [1 if true else 2, 3] }}
{{ (1 if false).foo }}
{{ 1, 2 }} {{ (1, 2, ) }} {{ () }} {{ [] }} {{ {} }} {{ [1, 2, ] }} {{ {'a': 1, } }}
{{ 'a' ~ 'b' * 2 ~ 1 + 1 }}
{{ 5 is divisibleby 5 and 3 is odd }} {{ 5 is not even }} {{ n is in [42] }} {{ 'a' is in 'abc' }} {{ 3 is gt 2 }} {{ 3 is lt(2) }} {{ 'x' is sameas 'x' }} {{ none is sameas none }} {{ 1.0 is sameas 1.0 }} {{ [] is sameas [] }} {{ 300 is sameas 300 }}
{{ 1 is number }} {{ '1' is number }} {{ none is number }} {{ 1.5 is integer }} {{ zz is iterable }} {{ zz is sequence }} {{ zz is string }} {{ zz is none }} {{ range(3) is sequence }} {{ (1,) is sequence }} {{ d is sequence }} {{ n is sequence }} {{ zz is callable }} {{ range is callable }} {{ 'A' is upper }} {{ 1 is lower }} {{ html | safe is escaped }} {{ 'x' is escaped }} {{ 'in' is test }} {{ 'nope' is test }}
{{ x is defined is defined }}
{{ 1 is odd is defined }}
{{ n is defined and not zz is defined or false }}
{{ 3 is foo }}
{% if false %}{{ 3 is foo }}{% endif %}ok
{% if false %}{{ 3 | foo }}{% endif %}ok
{% if false %}{% for x in l %}{{ 3 | foo }}{% endfor %}{% endif %}ok
{% for x in [] %}{{ 3 | foo }}{% endfor %}ok
{{ 1 if true else 3 | foo }}
{{ 3 | foo if false else 1 }}
{% if true %}{{ 3 | foo }}{% endif %}
{{ l | map('foo') | list }}
{{ l | select('foo') | list }}
{% set g = l | map('string') %}{{ g | list }}{{ g | list }}
{% set g = l | map('string') %}{% for x in g %}{{ x }}{{ loop.last }}{{ loop.length }}{% endfor %}
{% for x in l | select('odd') %}{{ loop.index }}/{{ loop.length }} {{ loop.revindex }} {{ loop.nextitem }};{% endfor %}
{% for x in l %}{{ loop }}{% endfor %}
{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [[1,2,3]] %}{% endfor %}
{% for a, b in [[1]] %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for k, v in d.items() %}{{ loop.index }}{{ k }}{{ v }}{{ loop.changed(v) }}{% endfor %}
{% for x in [1,1,2,2,3] %}{{ loop.changed(x) }} {% endfor %}
{% for x in [[1,[2,[3]]]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}
{% for x in l %}{{ loop([1]) }}{% endfor %}
{% for x in l %}{% else %}none{% endfor %}|{% for x in [] %}{% else %}none{% endfor %}
{% for x in range(5) if x is odd %}{{ x }}{% if loop.first %}F{% endif %}{% else %}E{% endfor %}
{% for x in range(10) %}{% if x == 3 %}{% continue %}{% endif %}{% if x > 5 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% break %}{% else %}E{% endfor %} {% for x in l %}{% continue %}{% else %}E{% endfor %} {% for x in l %}{% if x == 1 %}{% break %}{% endif %}{% else %}E{% endfor %}
{{ 'upper' is filter }}{{ 1 is filter }}{{ zz is test }}
{{ [] is filter }}
{{ {} is test }}
{% for x in [1,2] %}{% for y in [1,2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% for x in l %}{% set z = x %}{% endfor %}{{ z is defined }}
{% for x in l %}{% if loop.first %}{% set q = 1 %}{% endif %}{{ q is defined }}{% endfor %}
{% set x = 1 %}{% for i in [1,2] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
{% set x %}a{% set y = 3 %}{% endset %}{{ x }}{{ y is defined }}
{% set x | upper | replace('A', 'b') %}aab{% endset %}{{ x }}
{% set (a, b) = (1, 2) %}{{ a }}{{ b }}
{% set a, b = 'xy' %}{{ a }}{{ b }}
{% set a, b = 1 %}
{% set ns = namespace(a=1, b=[]) %}{% set ns.c = ns.a + 1 %}{{ ns.c }}{{ ns }}
{% set ns = namespace() %}{% for x in l %}{% set ns.last = x %}{% endfor %}{{ ns.last }}{{ ns['last'] }}
{% set ns = namespace(items=3) %}{{ ns.items }}
{% set zz.a = 1 %}
{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a is defined }}
{% with a = 1 %}{% with b = a %}{{ b }}{% endwith %}{% endwith %}
{% with a = 5, b = a %}{{ b is defined }}{% endwith %}
{% macro m(a, b=2, *c) %}{% endmacro %}
{% macro m(a, b=2) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}
{% macro m(a) %}{{ caller is defined }}{% endmacro %}{{ m(1) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.caller }}
{% macro m() %}{{ caller('x', y='z') }}{% endmacro %}{% call(a, y='d') m() %}{{ a }}{{ y }}{% endcall %}
{% macro m() %}no{% endmacro %}{% call m() %}x{% endcall %}
{% macro outer() %}{% macro inner(x) %}<{{ x }}>{% endmacro %}{{ inner(1) }}{% endmacro %}{{ outer() }}
{% macro m(a, a2=none) -%} {{- a2 or a -}} {%- endmacro %}[{{ m('x') }}][{{ m('x', 'y') }}]
{% macro m(x) %}{% for i in x %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}{% endmacro %}{{ m([1,2]) }}{{ m('ab') | upper }}
{{ m() }}{% macro m() %}x{% endmacro %}
{% macro m() %}{{ loop is defined }}{% endmacro %}{% for x in [1] %}{{ m() }}{% endfor %}
{% for x in [1] %}{% macro m() %}{{ x }}{{ loop.index }}{% endmacro %}{{ m() }}{% endfor %}
{% macro m(n) %}{{ n }}{% endmacro %}{{ m(n=1, n=2) }}
{% macro m(n) %}{{ n }}{% endmacro %}{{ m(1, n=2) }}
{% macro m(n) %}{{ n }}{% endmacro %}{{ m(*[5]) }}{{ m(**{'n': 6}) }}{{ l | join(*[',']) }}
{% block a %}{{ n }}{% endblock %}{% block a %}{% endblock %}
{% block a %}{{ n }}{% endblock a %}{% for x in l %}{% block b %}{{ x is defined }}{% endblock %}{% block c scoped %}{{ x }}{% endblock %}{% endfor %}
{% filter upper | replace('A', 'x') %}abc{{ s }}{% endfilter %}
{% filter indent(2) %}a␤b␤{% endfilter %}
{% raw %}{{ x }}{% endraw %}|{%- raw -%} a {%- endraw -%} b
{% print 1, 2 %}
{% autoescape true %}{{ html }}{{ html | safe }}{{ '<' ~ 'x' }}{% endautoescape %}{{ html }}
{% autoescape false %}{{ html }}{% endautoescape %}
{# c #}{#- d -#} x {#+ e +#} y
a{#- b␤c #}
{%- if true %} x {%- else %} y {% endif -%} z
{%+ if true %}  x{%+ endif +%}
  {%- set a = 1 +%}␤x
{% if true -%}␤   a␤{%- endif %}
{{ '}}' }}{{ "%}" }}{{ {'a': {'b': 1}}['a']['b'] }}
{{ {'a': 1}}}
{{ "a\␤b" }}
{{ 'a\qb\0c\101\x41\u00e9\U0001F600\'\"' }}
{{ 'é\é' }}
{{ '\x4' }}
{{ 1__0 }}
{{ 0x_1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000.5 }} {{ 1.5e+3 }} {{ 1E3 }} {{ 00 }}
{{ 007 }}
{{ 1.e3 }}
{{ .5 }}
{{ 1. }}
{{ l.0.real }}{{ nested.x.y.1.z }}
{{ a b }}
{{ a.1b }}
{{ 'a' 'b' "c" }}
{{ 1 + + 2 }} {{ - - 2 }} {{ not not 1 }}
{{ 1 < 2 == true }} {{ 1 < 2 < 3 != 4 }} {{ 'a' in 'abc' in ['abc'] }} {{ not 1 in [1] }} {{ 1 not in [1] }}
{{ 3 in 'abc' }}
{{ 1 in 1 }}
{{ 1 in none }}
{{ none < 1 }}
{{ zz < 1 }}
{{ 1 < zz }}
{{ zz == zz2 }} {{ zz != 1 }} {{ zz in [1] }} {{ 1 in zz }} {{ [zz] }} {{ zz | list }} {{ zz | join(',') }} {{ zz | upper }}| {{ zz | string | length }} {{ zz | trim }}|
{{ zz | int }}
{{ zz | float }}
{{ zz | abs }}
{{ zz | round }}
{{ zz.foo is defined }}
{{ zz['a'] }}
{{ zz | first }}|{{ zz | last }}|{{ zz | sum }}|{{ zz | min }}|{{ zz | sort }}|{{ zz | unique | list }}|{{ zz | map('upper') | list }}|{{ zz | reverse | list }}|{{ zz | items | list }}|{{ zz | batch(2) | list }}
{{ zz | dictsort }}
{{ zz | replace('a', 'b') }}|{{ zz | default }}|{{ zz | d(none) }}|{{ zz | wordcount }}|{{ zz | title }}|{{ zz | indent }}
{{ zz | tojson }}
{{ zz | urlencode }}|{{ zz | e }}|{{ zz | striptags }}|{{ zz | center(3) }}|{{ zz | format }}
{{ no | length }}
{{ no | list }}
{{ no | join }}
{{ no | upper }}{{ no | trim }}{{ no | title }}{{ 1.5 | upper }}{{ [1,'a'] | upper }}
{{ no | int }} {{ no | float }} {{ '1_000' | int }} {{ ' 12 ' | int }} {{ '-7' | int }} {{ '1e3' | int }} {{ 'inf' | float }} {{ 'nan' | float }} {{ '1e400' | float }} {{ '0b11' | int(base=2) }} {{ 'ff' | int(0, 16) }} {{ 'z' | int(base=36) }} {{ '0x1A' | int(base=0) }} {{ true | int }} {{ true | float }} {{ [1] | int }} {{ 'inf' | int }} {{ 1e300 | int | string | length }} {{ '٣' | int }}
{{ 2.675 | round(2) }} {{ 0.5 | round }} {{ 1.5 | round }} {{ 1234.5 | round(-2) }} {{ 1250 | round(-2) }} {{ 1350 | round(-2) }} {{ 5 | round }} {{ 5 | round(2) }} {{ 1.25 | round(1) }} {{ 2.5 | round(0, 'floor') }} {{ -2.5 | round(0, 'ceil') }} {{ 5 | round(0, 'ceil') }} {{ 1e20 | round }} {{ 1.005 | round(2, 'ceil') }} {{ 1.0e-5 | round(3) }} {{ true | round }}
{{ 'a' | round }}
{{ 2.5 | round(method='nope') }}
{{ 1 | filesizeformat }} {{ 999 | filesizeformat }} {{ 1000 | filesizeformat }} {{ 1024 | filesizeformat(true) }} {{ 1e6 | filesizeformat }} {{ 1e30 | filesizeformat }} {{ '13000' | filesizeformat }} {{ 0 | filesizeformat }}
{{ 'foo bar baz qux' | truncate(9) }}|{{ 'foo bar baz qux' | truncate(9, true) }}|{{ 'foo bar baz qux' | truncate(11) }}|{{ 'foo bar baz qux' | truncate(9, false, '..', 0) }}|{{ 'foobarbazqux' | truncate(5, leeway=0) }}
{{ 'foo bar' | truncate(2) }}
{{ 'the quick-brown fox jumps-over the lazy dog' | wordwrap(10) }}
{{ 'abcdefghijklmnop qrs' | wordwrap(5) }}|{{ 'abcdefghijklmnop qrs' | wordwrap(5, false) }}|{{ 'a b c d e f' | wordwrap(3, wrapstring='<br>') }}
{{ 'foo--bar baz' | wordwrap(5) }}|{{ '  lead and trail  ' | wordwrap(8) }}|{{ 'a\n\nb c d e' | wordwrap(3) }}
{{ "it's a dog-house (big one) [x] {y} <z> é-ü" | title }} {{ 'HELLO' | title }} {{ '' | title }} {{ 'ßx' | title }}
{{ 'hello world' | capitalize }} {{ 'ÉA' | capitalize }} {{ 'a_b c-d 3x é' | wordcount }}
{{ 'abc' | center(10) }}|{{ 'x' | center }}|
{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb' | indent('\t') }}|{{ '' | indent }}|{{ 'a\r\nb\n' | indent(1, true) }}|{{ '\n' | indent(first=true) }}
{{ 5 | indent }}
{{ '%s-%s' | format('a', 'b') }} {{ '%(x)s' | format(x=1) }} {{ '%d%%' | format(5) }}
{{ '%s' | format(1, x=2) }}
{{ [3,1,2] | sort }} {{ ['b','A','c'] | sort }} {{ ['b','A','c'] | sort(case_sensitive=true) }} {{ [1,'a'] | map('string') | sort }} {{ ms | sort(attribute='role,n', reverse=true) | map(attribute='n') | list }} {{ 'bca' | sort }} {{ d | sort }}
{{ [1,'a'] | sort }}
{{ ms | sort(attribute='zz') | length }}
{{ {'b': 'x', 'A': 'y'} | dictsort }} {{ {'b': 'x', 'A': 'w'} | dictsort(false, 'value') }} {{ {2: 1, 1: 2} | dictsort }}
{{ d | dictsort(by='foo') }}
{{ ms | groupby('role') }}
{% for g in ms | groupby('role') %}{{ g.grouper }}:{{ g.list | length }};{{ g[0] }}{% endfor %}{% for a, b in ms | groupby('zz', default='q') %}{{ a }}{{ b | length }}{% endfor %}
{{ ['a','B','A'] | groupby('0') | map('first') | list }}{{ [[1,2],[1,3],[2,4]] | groupby(0) | list }}
{{ ['a','A','b'] | unique | list }} {{ ['a','A','b'] | unique(case_sensitive=true) | list }} {{ ms | unique(attribute='role') | map(attribute='n') | list }} {{ [1, 1.0, true] | unique | list }}
{{ [[1],[1]] | unique | list }}
{{ [] | min }}|{{ [] | max }}|{{ [1, 2.5] | max }} {{ ['a', 'B'] | max }} {{ ['a', 'B'] | min(case_sensitive=true) }} {{ ms | min(attribute='n') }} {{ 'hello' | max }}
{{ [1, 'a'] | max }}
{{ [1,2,3] | sum }} {{ [1.5, 2] | sum }} {{ ms | sum('n') }} {{ [[1],[2]] | sum(start=[]) }} {{ [true, true] | sum }}
{{ ['a'] | sum }}
{{ ['a'] | sum(start='') }}
{{ [1,2,3,4,5] | batch(2) | list }} {{ [1,2,3,4,5] | batch(2, 'x') | list }} {{ [1,2,3,4,5] | slice(3) | list }} {{ [1,2,3,4,5] | slice(3, 0) | list }} {{ [] | batch(2) | list }} {{ [1] | slice(3) | list }} {{ 'abcde' | batch(2) | list }}
{{ [1,2] | first }} {{ d | first }} {{ d | last }} {{ range(3) | last }} {{ 'héllo' | first }} {{ [] | last }}|{{ l | map('abs') | first }}
{{ l | map('abs') | last }}
{{ 5 | first }}
{{ 'abc' | reverse }} {{ d | reverse | list }} {{ l | map('abs') | reverse | list }} {{ (1,2) | reverse | list }}
{{ 5 | reverse }}
{{ l | join(',') }} {{ 'abc' | join('-') }} {{ d | join }} {{ [1,[2],none] | join(' ') }} {{ ms | join(',', 'content') }} {{ [[1,2],[3,4]] | join(',', attribute=1) }} {{ ms | map(attribute='tool_calls.0.name') | list }}
{{ ms | map(attribute='tool_calls') | list }}
{{ [{'a': {'b': 1}}, {'a': {}}] | map(attribute='a.b', default=0) | list }} {{ ['a','b'] | map('upper') | join }} {{ [1,2] | map('string') | map('center', 5) | list }} {{ ['x'] | map('replace', 'x', 'y') | list }} {{ [[3,1]] | map('sort') | list }} {{ [1.234] | map('round', 1) | list }} {{ ['a'] | map('default', 'x') | list }}
{{ l | map(attribute='x', foo=1) | list }}
{{ ms | selectattr('n', 'ge', 2) | map(attribute='n') | list }} {{ ms | rejectattr('tool_calls', 'defined') | list | length }} {{ [1,2,3] | reject('in', [1]) | list }} {{ ['', 'a', none] | select | list }} {{ [none, 1] | reject('none') | list }} {{ [1,2,3,4] | select('divisibleby', 2) | list }} {{ ms | selectattr('role', 'ne', 'user') | list | length }} {{ ms | selectattr('content', 'in', ['hi', 'yo']) | map(attribute='content') | join }} {{ ['a', 1] | select('string') | list }} {{ ms | rejectattr('zz') | list | length }}
{{ ms | selectattr | list }}
{{ d | items | list }} {{ d | attr('zz') is defined }} {{ s | attr('upper') is callable }} {{ d | attr('a') is defined }}
{{ 5 | items | list }}
{{ [] | tojson }} {{ {} | tojson }} {{ {'a': none, 1: true, 2.5: false, none: 1, true: 2} | tojson }} {{ '\u2028\x7f</script>' | tojson }} {{ 1e100 | tojson }} {{ ('inf' | float) | tojson }} {{ [1,[2,{'a':[]}]] | tojson(indent=2) }} {{ d | tojson(indent=0) }} {{ d | tojson(indent='\t') }} {{ d | tojson(sort_keys=true, indent=1, separators=(',', '=')) }} {{ '😀é' | tojson(true) }} {{ (html | safe) | tojson }} {{ {'a': 'é'} | tojson(ensure_ascii=false) }}
{{ d.items() | tojson }}
{{ range(3) | tojson }}
{{ {(1,2): 3} | tojson }}
{{ ns | tojson }}
{{ html | safe ~ '<' }} {{ (html | safe) + '<' }} {{ '<' + (html | safe) }} {{ (html | safe) * 2 }} {{ (html | safe)[0] }} {{ [(html | safe)[0:2]] }} {{ (html|e) | replace('&', 'x') }} {{ html | e | e }} {{ html | e | forceescape }} {{ ('%s' | safe) % '<' }} {{ ('{}' | safe).format('<') }} {{ [(html | safe) | upper] }} {{ [('<' | safe).join(['>', 'a'])] }} {{ ('a<b' | safe).replace('a', '<') }} {{ ('a b' | safe).split() }} {{ (html | safe) == html }} {{ [html | safe | string, html | safe | trim, html | safe | list] }}
{{ 'a b/c?d=é&x' | urlencode }} {{ {'a b': 'c&d', 'x': 1} | urlencode }} {{ [('a', 1), ('b', '/')] | urlencode }} {{ 5 | urlencode }}
{{ '<p>a <b>b</b>\n c</p><!-- x --> &lt; &amp;' | striptags }}
{{ {'a': '<', 'b': none, 'c': zz, 'd': 1} | xmlattr }}|{{ {} | xmlattr }}|{{ {'a': 1} | xmlattr(false) }}
{{ {'a b': 1} | xmlattr }}
{{ 'see http://example.com/x and www.foo.org, mail a@b.co (https://x.io/a_(b)) foo.com' | urlize }}
{{ 'http://example.com/long/path' | urlize(10, true, target='_blank') }}
{{ [1, {'b': 2, 'a': 1}] | pprint }} {{ 'x' | pprint }} {{ range(3) | pprint }}
{{ {'a': 'x' * 30, 'b': ['y' * 30, 'z' * 30], 'c': {'k': 'v' * 40}} | pprint }}
{{ range(40) | list | pprint }}
{{ lipsum is callable }} {{ dict(a=1, **{'b': 2}) }} {{ dict([('a', 1), ('b', 2)]) }} {{ dict([['a', 1]], c=3) }} {{ dict() }} {{ dict(zz) }}
{{ dict(1) }}
{{ dict([1]) }}
{{ range(3, 0, -1) | list }} {{ range(5) | length }} {{ range(2, 2) | list }} {{ range(1) == range(0, 1) }} {{ range(3).stop }}
{{ range() }}
{{ range('a') }}
{{ range(1, 2, 0) }}
{{ range(1.5) }}
{% set c = cycler('a','b') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{% set _ = c.reset() %}{{ c.next() }}
{{ cycler() }}
{% set j = joiner() %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}
{{ strftime_now('%a %e %b %y %U %W %V %G %u %w %c %x %X %D %T %R %F %n%t%h %C %g %l %k %P %r %s %-m %-H %_d %^a %^b %#p %Q %') }}
{{ strftime_now() }}
{{ raise_exception('a ' ~ n) }}
{{ raise_exception() }}
{{ raise_exception(n) }}
{{ foo() }} 
{{ s() }}
{{ none() }}
{{ 'x'() }}
{{ s.upper(1) }}
{{ s.split(',', 1, 2) }}
{{ s.split(foo=1) }}
{{ s.split('') }}
{{ s.replace('a') }}
{{ s.startswith(1) }}
{{ s.find() }}
{{ s.center() }}
{{ s | trim(1) }}
{{ s | replace('a') }}
{{ s | indent(foo=1) }}
{{ s | default(1, 2, 3) }}
{{ d.get() }}
{{ d.get([1]) }}
{{ d[[1]] }}
{{ {'a': 1} ~ [1] }}
{{ [1] + (1,) }}
{{ none + 1 }}
{{ 1 - 'a' }}
{{ 'a' - 'b' }}
{{ 'a' * 'b' }}
{{ 'a' * 1.5 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 1.0 // 0 }}
{{ 1.0 % 0 }}
{{ 0 ** -1 }}
{{ 'abc' / 2 }}
{{ -'a' }}
{{ +'a' }}
{{ -none }}
{{ 10 ** 5000 }}
{{ (10 ** 4299) | string | length }}
{{ 1e309 }} {{ -1e309 }} {{ 1e309 - 1e309 }}
{{ 9007199254740993 / 1 }} {{ 9007199254740993 * 1.0 }} {{ 9007199254740993 == 9007199254740992.0 }} {{ 10**400 / 10**399 }} {{ 1 / 3 }} {{ 2**53 + 1.0 }} {{ 1e23 }} {{ 4.35 }} {{ 100 * 1.1 }} {{ 1/3*3 }}
{{ 10**400 / 3 }}
{{ 10**400 * 1.0 }}
{{ true and 0 or 'x' and [] }} {{ none or zz }}| {{ zz and 1 }}| {{ not zz }}
{% if zz %}{% elif no %}{% elif le %}{% elif de %}{% elif 0 %}{% elif '' %}{% elif (0,) %}tuple{% endif %}
{% if l | map('abs') %}gen{% endif %}{% if range(0) %}r{% endif %}{% if d.keys() %}k{% endif %}{% if {}.keys() %}K{% endif %}
{% if %}{% endif %}
{% if true %}{% endfor %}
{% for x in l %}{% endif %}
{% for %}{% endfor %}
{% for x %}{% endfor %}
{% for x in l recursive if true %}{% endfor %}
{% for 1 in l %}{% endfor %}
{% for x.y in l %}{% endfor %}
{% set 1 = 2 %}
{% set true = 2 %}
{% set x %}
{% set = 1 %}
{% set x = %}
{% macro %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% call x %}{% endcall %}
{% call m %}{% endcall %}
{% filter %}{% endfilter %}
{% with a %}{% endwith %}
{% block %}{% endblock %}
{% block a-b %}{% endblock %}
{% elif x %}
{% else %}
{% continue %}
{% macro m() %}{% break %}{% endmacro %}
{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% do x %}
{% raw %}
{# x
{{ x
{{ x }
{{ x ) }}
{{ (x }}
{{ [1, 2 }}
{{ {1: 2 }}
{{ {1} }}
{{ x[ }}
{{ x. }}
{{ x | }}
{{ x is }}
{{ f(a b) }}
{{ f(a=1, 2) }}
{{ f(**x, 1) }}
{{ f(,) }}
{{ $ }}
{{ a ? b }}
{{ a && b }}
{{ "abc }}
{{ x if }}
{{ x if y else }}
{{ 1 2 }}
{% %}
{% 1 %}
{%%}
{{}}
{{ 'a' if true }}{{ 'b' if not true else 'c' }}
{% import 'x' as y %}
{% from 'x' import y %}
{% if false %}{% include 'x' %}{% endif %}ok
{% set messages = [1,2,3] %}{% set messages = messages[1:] %}{{ messages }}
{% for m in ms %}{% if m['tool_calls'] is defined and m.tool_calls %}T{% for t in m.tool_calls %}{{ t.name }}{% endfor %}{% else %}{{ m['content'] | trim }}{% endif %}{% endfor %}
{{ ms[-1]['content'].split('y')[0] ~ (ms | length) }} {{ ms[1:] | length }} {{ ms[0]['zz'] is not defined }} {{ ms[0].role == 'user' and ms[0]['content'] != '' }}
{% for m in ms[::-1] %}{% set i = (ms | length - 1) - loop.index0 %}{{ i }}{% endfor %}
{% set ns = namespace(f=false) %}{% for m in ms %}{% if m.role == 'assistant' %}{% set ns.f = true %}{% endif %}{{ ns.f }}{% endfor %}
{% for k, v in nested.items() %}{{ k }}={{ v | tojson }}{% endfor %}
{% for k in nested recursive %}{{ k }}{{ loop(nested[k]) if nested[k] is mapping }}{% endfor %}
{{ ms | map(attribute='role') | unique | join('+') }} {{ ms | map(attribute='n') | map('string') | join }} {{ (ms | selectattr('role', 'equalto', 'system') | first).content is defined }}
{{ (ms | selectattr('role', 'equalto', 'system') | list)[0] is defined }} {{ (ms | first)['content'] }} {{ 'x' if ms | selectattr('role', 'eq', 'zz') | list else 'y' }}
{{ '%s' % 1.0 }} {{ '%s' % 1e16 }} {{ '%s' % true }} {{ '%r' % 'a' }} {{ '%5.1f|' % 3.14159 }} {{ '%-8s|' % 'ab' }} {{ '%08.2f' % -3.14159 }} {{ '%+.1e' % 12345 }} {{ '%g' % 100000 }} {{ '%g' % 1000000 }} {{ '%#g' % 1 }} {{ '%.10g' % 0.1 }} {{ '%a' % 'é' }} {{ '%d' % 3.99 }} {{ '%d' % true }} {{ '%x' % -255 }} {{ '%5s%%' % 50 }} {{ '%i' % -5 }}
{{ "{:.0f} {:.1f} {:.3e} {:10.2f}| {:<10.2f}| {:^10.2f}| {:+.2f} {: d} {:c} {:o} {:X} {:#X} {:n}".format(2.5, 0.25, 1234567, 3.14159, 3.14159, 3.14159, 3.14159, 5, 65, 8, 255, 255, 1234) }}
{{ "{:s}".format(1) }}
{{ "{:d}".format('a') }}
{{ "{:d}".format(1.5) }}
{{ "{:.2d}".format(1) }}
{{ "{!x}".format(1) }}
{{ "{:>{}}|{:{}.{}}".format('a', 5, 3.14159, 8, 2) }}
{{ "{}".format([1, 'a']) }} {{ "{!r}".format('a') }} {{ "{!s:>5}".format(1) }} {{ "{:}".format(none) }} {{ '{0[0]}{0[1]}'.format('ab') }} {{ '{a.b}'.format(a={'b': 1}) }}
{{ "{:>5}".format(none) }}
{{ "{:>5}".format([1]) }}
{% for x in l %}{{ n }}{% endfor %}{% set n = 5 %}
{% macro m() %}{{ n }}{% endmacro %}{{ m() }}{% set n = 5 %}{{ m() }}
{% for x in l %}{{ n }}{% endfor %}{% if t %}{% set n = 5 %}{% endif %}{{ n }}
{% if t %}{% set n = 5 %}{% else %}{% set n = 6 %}{% endif %}{{ n }}
{% for x in [1,2] %}{% for y in [1] %}{{ n }}{% endfor %}{% set n = 7 %}{{ n }}{% endfor %}
{% for x in [1,2] %}{{ n }}{% set n = 7 %}{{ n }}{% endfor %}{{ n }}
{% set n = 1 %}{% for x in [1,2] %}{{ n }}{% set n = n + x %}{{ n }}{% endfor %}{{ n }}
{{ n }}{% for x in [1,2] %}{% if x == 2 %}{{ n }}{% endif %}{% set n = x %}{% endfor %}{{ n }}
{% macro m(n=n) %}{{ n }}{% endmacro %}{{ m() }}{{ m(1) }}
{% macro n() %}x{% endmacro %}{{ n() }}
{% for n in l %}{{ n }}{% endfor %}{{ n }}
{% for x in l if n %}{{ x }}{% endfor %}{% set n = 0 %}{{ n }}
{% with n = n + 1 %}{{ n }}{% endwith %}{{ n }}
{% with s = 'a' %}{% set n = s %}{{ n }}{% endwith %}{{ n }}{{ s }}
{% set x %}{{ n }}{% endset %}{% set n = 3 %}{{ x }}{{ n }}
{% filter upper %}{{ s }}{% set s = 'q' %}{{ s }}{% endfilter %}{{ s }}
{% call(n) cycler(1).next() %}{% endcall %}
{% macro c() %}{{ caller(9) }}{{ n }}{% endmacro %}{% call(n) c() %}{{ n }}{% endcall %}{{ n }}
{% macro c() %}{% set n = 8 %}{{ n }}{% endmacro %}{{ c() }}{{ n }}
{% macro c() %}{% for x in [1] %}{{ n }}{% endfor %}{% set n = 8 %}{% endmacro %}{{ c() }}
{% macro c() %}{% for x in [1] %}{{ n }}{% endfor %}{% set n = 8 %}{% endmacro %}{{ n }}{{ c() }}
{% if fa %}{% set tools = 1 %}{% endif %}{{ tools is defined }}{% for x in [1] %}{{ tools is defined }}{% set tools = 2 %}{{ tools }}{% endfor %}{{ tools is defined }}
{% for a in [1,2] %}{% if a == 1 %}{% set n = a %}{% endif %}{{ n }}{% endfor %}
{% set ns = namespace(n=1) %}{% for a in [1,2] %}{% set ns.n = ns.n + n %}{% endfor %}{{ ns.n }}{% set n = 0 %}
{% set n, s = s, n %}{{ n }}{{ s }}
{% for x in [] %}{% else %}{{ n }}{% set n = 3 %}{{ n }}{% endfor %}{{ n }}
{% for x in [1] recursive %}{{ n }}{% set n = x %}{{ n }}{% if x < 3 %}{{ loop([x + 1]) }}{% endif %}{% endfor %}{{ n }}
{% block b %}{{ n }}{% set n = 2 %}{{ n }}{% endblock %}{{ n }}
{% for x in l %}{% set y = x %}{% endfor %}{{ y is defined }}{% set y = 1 %}
{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
{% for x in [1,2,3] %}{% set prev = x %}{% for y in [1] %}{{ prev }}{% set prev = 9 %}{{ prev }}{% endfor %}{{ prev }}{% endfor %}
{% if t %}{% for x in l %}{{ n }}{% endfor %}{% set n = 4 %}{% endif %}{{ n }}
{% set n = n %}{{ n }}
{% set n = n if n is defined else 3 %}{{ n }}{% for x in [1] %}{{ n }}{% endfor %}
'''


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(format):
    return datetime.datetime(2024, 7, 6, 3, 7, 2).strftime(format)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = strftime_now


def case(template):
    try:
        rendered = environment.from_string(template).render(**json.loads(json.dumps(VARIABLES)))
        return {"template": template, "rendered": rendered}
    except Exception as error:
        return {"template": template, "error_type": type(error).__name__, "error": str(error)}


print(json.dumps({"variables": VARIABLES}))
for line in TEMPLATES.strip("\n").split("\n"):
    print(json.dumps(case(line.replace("␤", "\n"))))
