"""Code that is copied by value gets its marks, if its source gives the very same code."""

from __future__ import annotations

import linecache
import pickle

import pytest

from runner.api.function_package import pack_function
from runner.observe.instrumented import install

SOURCE = """
def order(letters=("a", "b")):
    def inner():
        return [each for each in set(letters)]
    return inner()
"""


@pytest.fixture
def taken():
    found = []
    undo = install([], lambda value: found.append(value) or value, lambda value, name: value)
    yield found
    undo()


def make(source, compiled=None):
    """A function of a file that linecache knows, as those of the cells of a notebook."""
    name = f"<cell {abs(hash(source))}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names = {"__name__": "__main__"}
    exec(compile(compiled or source, name, "exec"), names)
    return names["order"]


def unpack(packed):
    function, arguments = pickle.loads(pickle.loads(packed).pickled)
    return function(*arguments)


def test_functions_inside_of_a_function_have_their_marks_too(taken):
    packed = pack_function(make(SOURCE), None)
    assert sorted(unpack(packed)) == ["a", "b"]
    assert {"a", "b"} in taken


def test_code_that_is_not_that_of_its_source_stays_as_it_is(taken):
    edited = SOURCE.replace('"b"', '"c"')
    packed = pack_function(
        make(SOURCE, compiled=edited.replace("inner()\n", "inner() or 1\n")), None
    )
    assert sorted(unpack(packed)) == ["a", "c"]
    assert {"a", "c"} in taken  # the function inside is the same in both


def test_nothing_is_marked_where_nothing_is_watched():
    function = make(SOURCE)
    copied, _ = pickle.loads(pickle.loads(pack_function(function, None)).pickled)
    assert copied.__code__ == function.__code__


def test_the_source_of_code_in_no_file_goes_along():
    packed = pickle.loads(pack_function(make(SOURCE), None))
    assert list(packed.sources.values()) == [SOURCE]
    assert packed.shown == {name: name for name in packed.sources}
