"""Marks change nothing but that they are called."""

from __future__ import annotations

import ast

import pytest

from runner.observe.instrumented import compile_marked, install

CODE = """
def total(*values, **named):
    return sum(values) + sum(named.values())

letters = {'a', 'b'}
found = []
for letter in letters:
    found.append(letter)
pairs = [(i, each) for i, each in enumerate(sorted(letters))]
doubled = list(map(str.upper, letters))
joined = ','.join(letters)
everything = total(*{1, 2}, **{'c': 3})
number = hash(3)
nested = [[y for y in x] for x in ({1}, {2})]
lazily = list(x for x in letters)
async def never():
    return [x async for x in letters]
"""


@pytest.fixture
def marked():
    """Execute code with marks, and return its variables and what the marks were given."""
    undo = []

    def execute(code):
        taken, called = [], []

        def take(value):
            taken.append(value)
            return value

        def call(value, name):
            called.append((name, value))
            return value

        undo.append(install([], take, call))
        variables = {}
        exec(compile_marked(code, "marked.py"), variables)
        return variables, taken, called

    yield execute
    for each in undo:
        each()


def test_code_does_what_it_did(marked):
    plain = {}
    exec(compile(CODE, "plain.py", "exec"), plain)
    variables, taken, called = marked(CODE)
    names = ("found", "pairs", "doubled", "joined", "everything", "number", "nested", "lazily")
    assert {n: variables[n] for n in names} == {n: plain[n] for n in names}
    assert taken.count({"a", "b"}) == 4  # the loop, map, join, and the generator expression
    assert {1, 2} in taken
    assert called == [("hash", hash(3))]


def test_lines_of_errors_stay(marked):
    code = "x = 1\nfor each in [1]:\n    raise ValueError(each)\n"
    with pytest.raises(ValueError, match="1") as caught:
        marked(code)
    assert caught.traceback[-1].lineno == 2  # counted from 0


def test_a_fault_of_syntax_is_told_as_ever():
    with pytest.raises(SyntaxError):
        compile_marked("for", "fault.py")


def test_the_code_that_is_shown_is_the_users():
    assert "__taken" not in ast.unparse(ast.parse(CODE))
