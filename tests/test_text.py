"""Numbers with nouns, lists of the first few, and texts that are cut."""

from __future__ import annotations

import pytest

from runner.text import drop_stack, format_error, list_some, plural, shorten


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
