"""Numbers with nouns, lists of the first few, and texts that are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest

from runner.text import drop_stack, explain_error, format_error, list_some, plural, shorten


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 further runs"), (1, "1 further run"), (2, "2 further runs")]
)
def test_one_is_singular(number, said):
    assert plural(number, "further run") == said


@pytest.mark.parametrize(
    ("items", "separator", "said"),
    [
        ([], ", ", ""),
        (["a"], ", ", "a"),
        (["a", "b"], ", ", "a, b"),
        (["a", "b", "c"], ", ", "a, b and 1 more"),
        (["a", "b", "c", "d"], "; ", "a; b; and 2 more"),
    ],
)
def test_the_first_of_many_are_listed_and_the_others_counted(items, separator, said):
    assert list_some(items, 2, separator) == said


@pytest.mark.parametrize(
    ("text", "cut"), [("", ""), ("abcd", "abcd"), ("abcde", "abc…"), ("a" * 99, "aaa…")]
)
def test_a_text_is_cut_to_so_many_characters_mark_included(text, cut):
    assert shorten(text, 4) == cut


def test_another_mark_counts_too():
    assert shorten("abcdefgh", 6, "...") == "abc..."


FRAMES = """Graph execution error:

Detected at node sequential/embedding/GatherV2 defined at (most recent call last):
  File "/home/me/train.py", line 9, in <module>

  File "/venv/keras/src/layers/layer.py", line 1002, in __call__
    return self.call(*args)
           ^^^^^^^^^^^^^^^^

"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            FRAMES
            + "indices[0,0] = 4 is not in [0, 4)\n\t [[{{node GatherV2}}]] [Op:__inference_g_7]",
            "indices[0,0] = 4 is not in [0, 4) (sequential/embedding/GatherV2)",
        ),
        (
            FRAMES + "Table not initialized.\n\t [[{{node a/b}}]]",
            "Table not initialized. (sequential/embedding/GatherV2)",
        ),
        (
            "Exception encountered when calling Embedding.call().\n\n\x1b[1m{{function_node"
            " __wrapped__GatherV2_device_/job:localhost}} indices[0] = 5 is not in [0, 4)"
            " [Op:GatherV2]\x1b[0m\n\nArguments received by Embedding.call():\n  • inputs=x",
            "indices[0] = 5 is not in [0, 4) (Embedding.call)",
        ),
        (
            "{{function_node __wrapped__IteratorGetNext}} Error in user-defined function passed to"
            " MapDataset:5 transformation with iterator: Iterator::Root: ValueError: no label\n"
            'Traceback (most recent call last):\n\n  File "a.py", line 2, in bad\n'
            "    raise ValueError()\n\nValueError: no label\n\n\t [[{{node PyFunc}}]]"
            " [Op:IteratorGetNext] name: ",
            "ValueError: no label",
        ),
        (
            'in user code:\n\n    File "a.py", line 43, in None  *\n        lambda x: x\n\n'
            "    ValueError: Cannot reshape a tensor\n",
            "ValueError: Cannot reshape a tensor",
        ),
        (
            "index 7 is out of bounds for axis 0 with size 3",
            "index 7 is out of bounds for axis 0 with size 3",
        ),
        (
            "<stack traces unavailable>\n2 root error(s) found.\n  (0) INVALID_ARGUMENT: "
            " indices[0] = 9 is not in [0, 4)\n\t [[{{node a/GatherV2}}]]\n\t [[b/_2]]\n  (1)"
            " INVALID_ARGUMENT:  indices[0] = 9 is not in [0, 4)\n0 successful operations.\n0"
            " derived errors ignored. [Op:__inference_f_7]",
            "indices[0] = 9 is not in [0, 4)",
        ),
        (
            "Could not automatically infer the output shape / dtype of 'own' (of type Own). Either"
            " the `Own.call()` method is incorrect, or you need more. Error encountered:\n\nno such"
            " thing",
            "no such thing (own)",
        ),
        (
            "RowsError: no rows\nTraceback (most recent call last):\n\n"
            '  File "a.py", line 2, in read\n    open()\n\nOSError: gone\n\n\n'
            "The above exception was the direct cause of the following exception:\n\n\n"
            'Traceback (most recent call last):\n\n  File "a.py", line 4, in read\n    raise\n\n'
            "rows.RowsError: no rows\n\n\n\t [[{{node PyFunc}}]]",
            "RowsError: no rows; caused by OSError: gone",
        ),
        (
            "RowsError: no rows\nTraceback (most recent call last):\n\nOSError: gone\n\n"
            "During handling of the above exception, another exception occurred:\n\n"
            "Traceback (most recent call last):\n\nRowsError: no rows",
            "RowsError: no rows; raised while handling OSError: gone",
        ),
        (
            "no\n\t [[{{function_node f_7}}{{node assert/Assert}}]] [Op:IteratorGetNext] name: ",
            "no",
        ),
        ("a table [[1]]\n[[2]] stays", "a table [[1]] [[2]] stays"),
        ("Node: 7 stays", "Node: 7 stays"),
        ("two\n  indented lines\nof one text", "two indented lines of one text"),
        ('a quoted File "x.py" stays', 'a quoted File "x.py" stays'),
        ("Graph execution error:\n", "Graph execution error:"),
        ("", ""),
    ],
)
def test_the_reason_stays_and_the_stack_goes(text, said):
    assert drop_stack(text) == said


def test_the_reason_of_a_long_error_is_never_cut_off():
    error = RuntimeError(FRAMES * 40 + "indices[0] = 9 is not in [0, 4)")
    assert "indices[0] = 9 is not in [0, 4)" in format_error(error)
    assert len(format_error(error)) < 200


def chain(*errors):
    """The last of some errors, each with the one before it as its cause."""
    for cause, error in pairwise(errors):
        error.__cause__ = cause
    return errors[-1]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([OSError("gone"), KeyError("rows")], "KeyError: 'rows'; caused by OSError: gone"),
        (
            [ValueError("not a number: 1,5"), OSError("line 7: not a number: 1,5")],
            "OSError: line 7: not a number: 1,5",  # said already
        ),
        ([KeyError(4), OSError("line 4")], "OSError: line 4; caused by KeyError: 4"),
        (
            [OSError("a"), KeyError("b"), TypeError("c"), ValueError("d"), RuntimeError("e")],
            "RuntimeError: e; caused by ValueError: d; caused by OSError: a",
        ),
        ([OSError(), KeyError("rows")], "KeyError: 'rows'; caused by OSError"),
    ],
)
def test_an_error_is_followed_by_its_causes(errors, said):
    assert format_error(chain(*errors)) == said
    assert explain_error(chain(*errors)) == said.partition(": ")[2]


def test_what_was_only_being_handled_is_no_cause():
    error = KeyError("rows")
    error.__context__ = OSError("gone")
    assert format_error(error) == "KeyError: 'rows'"


def test_an_error_that_repeats_another_has_its_cause():
    """As Keras raises that of a layer anew, with more text and `from None`."""
    called = (
        "Exception encountered when calling Own.call().\n\nno rows at all\n\n"
        "Arguments received by Own.call():\n  • inputs=x"
    )
    inferred = "Could not automatically infer the output shape / dtype of 'own' Error encountered:"
    error = ValueError(f"{inferred}\n\n{called}")
    error.__context__ = ValueError(called)
    error.__context__.__context__ = chain(OSError("gone"), ValueError("no rows at all"))
    assert (
        format_error(error) == "ValueError: no rows at all (Own.call, own); caused by OSError: gone"
    )


def test_a_cause_is_seen_however_long_the_error_is():
    said = format_error(chain(OSError("gone"), ValueError("x" * 2000)))
    assert said.endswith("...; caused by OSError: gone")
    assert len(said) < 520


def test_errors_that_cause_each_other_are_said_once():
    first, second = OSError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert format_error(first) == "OSError: a; caused by KeyError: 'b'"
