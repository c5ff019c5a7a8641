"""What is recorded of generators: by line, with or without a seed, and nothing of what is ours."""

from __future__ import annotations

import random

import numpy as np
import pytest

from runner.observe.control import Control, Order, Seeding
from runner.observe.instrumented import compile_marked
from runner.observe.watch import watching
from runner.record.timeline import EventKind


@pytest.fixture
def watched(tmp_path):
    """Watch code as that of a user's file; return its events and variables."""

    def watch(code, control=None):
        path = tmp_path / "used.py"
        path.write_text(code)
        variables = {}
        with watching(tmp_path, [str(tmp_path)], control or Control()) as watch:
            exec(compile_marked(code, str(path)), variables)
        return watch.recorder.timeline("").events, variables

    state = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield watch
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002


def describe(events):
    return [(each.place.line, each.kind.value, each.call, each.seeded) for each in events]


def test_draws_and_seeds_are_recorded_in_their_order(watched):
    events, _ = watched(
        "import random\nimport numpy as np\n"
        "random.random()\nrandom.seed(3)\nrandom.shuffle([1, 2])\n"
        "for _ in range(3):\n    np.random.rand(2)\nnp.random.seed(None)\n"
    )
    assert describe(events) == [
        (3, "draw", "random.random", False),
        (4, "seed", "random.seed", False),
        (5, "draw", "random.shuffle", True),
        (7, "draw", "numpy.random.rand", False),
        (8, "seed", "numpy.random.seed", False),
    ]
    assert [each.times for each in events] == [1, 1, 1, 3, 1]
    assert [events[1].value, events[4].value] == ["3", ""]


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("np.random.default_rng({})", "numpy.random.default_rng"),
        ("np.random.RandomState({})", "numpy.random.RandomState"),
        ("np.random.PCG64({})", "numpy.random.PCG64"),
        ("np.random.SeedSequence({})", "numpy.random.SeedSequence"),
        ("random.Random({})", "random.Random"),
    ],
)
def test_generators_are_recorded_with_their_seeds(watched, call, shown):
    code = f"import random\nimport numpy as np\nx = {call.format('')}\ny = {call.format(7)}\n"
    events, variables = watched(code)
    assert describe(events) == [(3, "made", shown, False), (4, "made", shown, True)]
    assert events[1].value == "7"
    assert events[1].origin == "written"
    assert type(variables["x"]).__module__ in ("numpy.random.mtrand", "random") or (
        type(variables["x"]).__module__.startswith("numpy.random")
    )


def test_the_classes_of_numpy_stay_what_they_are(watched):
    _, variables = watched(
        "import numpy as np\n"
        "state = np.random.RandomState(1)\n"
        "same = isinstance(state, np.random.RandomState)\n"
        "rng = np.random.Generator(np.random.PCG64(1))\n"
        "numbers = [*state.rand(2), *rng.normal(size=2)]\n"
    )
    plain = [
        *np.random.RandomState(1).rand(2),
        *np.random.Generator(np.random.PCG64(1)).normal(size=2),
    ]
    assert variables["same"]
    assert variables["numbers"] == plain
    assert type(variables["state"]) is np.random.RandomState


def test_what_a_library_draws_for_itself_is_nobodys(watched):
    events, _ = watched("import tempfile, os\nos.rmdir(tempfile.mkdtemp())\n")
    assert events == []


def test_a_fill_gives_generators_without_seed_a_fixed_one(watched):
    code = "import os, random\nimport numpy as np\nx = [np.random.default_rng().normal(),"
    code += " random.Random().random(), *os.urandom(4)]\n"
    runs = [watched(code, Control(fill=True))[1]["x"] for _ in range(2)]
    assert runs[0] == runs[1]
    free = [watched(code)[1]["x"] for _ in range(2)]
    assert free[0] != free[1]


def test_seeds_can_be_ignored_and_fixed(watched):
    code = "import numpy as np, time\nnp.random.seed({})\nx = np.random.rand()\n"
    ignored = [watched(code.format(3), Control(seeding=Seeding.ignored))[1]["x"] for _ in range(2)]
    assert ignored[0] != ignored[1]
    moving = code.format("time.time_ns() % 2**32")
    fixed = [watched(moving, Control(seeding=Seeding.fixed))[1]["x"] for _ in range(2)]
    assert fixed[0] == fixed[1]


def test_listings_can_be_sorted_and_shuffled(watched, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in "abcdefgh":
        (folder / name).touch()
    code = f"import os, glob, pathlib\nx = os.listdir({str(folder)!r})\n"
    code += f"y = [each.name for each in pathlib.Path({str(folder)!r}).iterdir()]\n"
    code += f"with os.scandir({str(folder)!r}) as z:\n    z = [each.name for each in z]\n"
    events, variables = watched(code, Control(listings=Order.sorted))
    assert variables["x"] == variables["y"] == variables["z"] == list("abcdefgh")
    assert {each.kind for each in events} == {EventKind.LISTING}
    orders = [watched(code, Control(listings=Order.shuffled, number=n))[1]["x"] for n in (0, 1)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list("abcdefgh")


def test_everything_is_put_back(watched):
    before = random.random, np.random.rand, np.random.RandomState, random.Random.seed
    watched("x = 1\n")
    assert (random.random, np.random.rand, np.random.RandomState, random.Random.seed) == before
