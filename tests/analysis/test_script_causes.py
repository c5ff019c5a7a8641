"""Which lines are named for runs that part: those that were seen to differ, before they part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.analysis.findings.script_causes import find_causes, find_chance, find_reads, find_seeds
from runner.analysis.findings.script_wording import word_causes, word_seeds, word_unused
from runner.record.timeline import Event, EventKind, Place, Timeline

DRAW = Event(EventKind.DRAW, Place("a.py", 3), "numpy.random.rand", generator="numpy")


def runs(*events, groups=None, count=3):
    """Timelines of several runs; an event given as a list has a value for each run."""
    made = []
    for run in range(count):
        seen = [each[run] if isinstance(each, list) else each for each in events]
        made.append(Timeline(seen, groups or {"outputs": 0}))
    return made


def varied(event, count=3):
    return [replace(event, value=f"value {run}") for run in range(count)]


def lines(timelines, first="outputs"):
    return [str(each.event.place) for each in find_causes(timelines, first)]


def test_a_draw_without_a_seed_is_named_if_it_differed():
    assert lines(runs(varied(DRAW))) == ["a.py:3"]


@pytest.mark.parametrize(
    "event",
    [
        [replace(DRAW, value="same")] * 3,
        varied(replace(DRAW, seeded=True)),
        varied(replace(DRAW, after=1)),
        varied(Event(EventKind.READ, Place("a.py", 3), "open")),
        varied(Event(EventKind.CLOCK, Place("a.py", 3), "time.time")),
        [
            Event(EventKind.SET_ORDER, Place("a.py", 3), "set", value=f"{i}", origin=f"{i}")
            for i in range(3)
        ],
    ],
    ids=["equal", "seeded", "later", "file", "time", "other-elements"],
)
def test_what_only_looks_alike_is_not_named(event):
    assert lines(runs(event)) == []


def test_chance_that_reaches_nothing_is_told_and_no_other():
    other = replace(DRAW, place=Place("a.py", 9), seeded=True)
    entropy = varied(Event(EventKind.ENTROPY, Place("a.py", 4), "os.urandom"))
    (cause,) = find_chance(runs(varied(DRAW), varied(other), entropy))
    assert word_unused([cause], function=False) == (
        "a.py:3 draws from NumPy's generator (numpy.random.rand), which has no seed. Nothing that"
        " was compared depends on that; standard error, logs, other processes and files elsewhere"
        " are not."
    )
    assert find_chance(runs([DRAW] * 3)) == []
    assert word_unused([], function=True) is None


def test_tensorflow_differs_without_a_seed_though_no_state_can_be_read():
    event = replace(DRAW, generator="tensorflow", call="tf.random.normal")
    assert lines(runs(event)) == ["a.py:3"]
    assert lines(runs(replace(event, seeded=True))) == []


def test_what_models_draw_is_no_cause_of_data():
    model = varied(replace(DRAW, place=Place("a.py", 9), through="keras", generator="python"))
    groups = {"data/x": 0, "init/kernel": 1}
    assert lines(runs(varied(DRAW), model, groups=groups), "data/x") == ["a.py:3"]
    assert lines(runs(varied(DRAW), model, groups=groups), "init/kernel") == ["a.py:9"]


def test_a_seed_that_comes_too_late_is_told():
    late = Event(
        EventKind.SEED, Place("a.py", 5), "numpy.random.seed", generator="numpy", value="3"
    )
    text = word_causes(find_causes(runs(varied(DRAW), late), "outputs"))
    assert "a.py:3 draws from NumPy's generator (numpy.random.rand), which has no seed" in text
    assert "(the seed of a.py:5 comes too late)" in text
    assert text.endswith("Set the seed before a.py:3.")


def test_seeds_of_one_line_are_told_once():
    seeds = [
        varied(Event(EventKind.SEED, Place("a.py", 5), "seed", generator=name))
        for name in ("python", "numpy", "tensorflow")
    ]
    text = word_causes(find_causes(runs(*seeds), "outputs"))
    assert text == (
        "a.py:5 gives Python's, NumPy's and TensorFlow's generators another seed in each run."
        " Give the generator a fixed seed."
    )


def test_random_bytes_are_the_origin_of_a_seed_and_else_the_last_suspect():
    asked = Event(EventKind.ENTROPY, Place("a.py", 1), "os.urandom")
    seed = varied(Event(EventKind.SEED, Place("a.py", 5), "seed", generator="numpy"))
    assert lines(runs(asked, seed)) == ["a.py:1", "a.py:5"]
    assert lines(runs(asked, varied(DRAW))) == ["a.py:3"]
    assert lines(runs(asked)) == ["a.py:1"]


def test_none_is_no_seed():
    none = Event(EventKind.SEED, Place("a.py", 2), "numpy.random.seed", generator="numpy")
    text = word_causes(find_causes(runs(none, varied(DRAW)), "outputs"))
    assert text.startswith(
        "a.py:2 gives NumPy's generator the seed None (numpy.random.seed), which is none."
    )


def test_nothing_seen_is_said():
    assert word_causes(find_causes(runs(), "outputs")).startswith("No line was seen")


def test_seeds_that_keep_runs_the_same_are_those_that_somebody_wrote():
    seed = Event(EventKind.SEED, Place("a.py", 5), "s", generator="numpy", value="3")
    made = Event(EventKind.MADE, Place("a.py", 7), "default_rng", value="8", seeded=True)
    follows = replace(made, place=Place("a.py", 8))
    found = find_seeds(runs(seed, replace(made, origin="written"), follows))
    assert word_seeds(found) == (
        "a.py:5 gives NumPy's generator the seed 3; a.py:7 gives default_rng the seed 8."
    )


def test_a_file_that_every_run_read_is_told_once():
    read = Event(EventKind.READ, Place("a.py", 5), "open", value="cached.json")
    assert [each.value for each in find_reads(runs(read, read))] == ["cached.json"]
    assert find_reads([*runs(read, count=2), Timeline()]) == []


LINEAR = replace(DRAW, generator="torch", through="torch", call="torch.nn.Linear")
MASK = replace(LINEAR, place=Place("a.py", 4), call="torch.nn.functional.dropout")
ROWS = replace(LINEAR, place=Place("a.py", 5), call="torch.utils.data.DataLoader")
NOISE = replace(LINEAR, place=Place("a.py", 6), through="", call="torch.randn")
COMPILED = replace(LINEAR, place=Place("a.py", 7), call="Net")


@pytest.mark.parametrize(
    ("first", "named"),
    [
        ("data/epoch0", [5, 6]),
        ("order/0", [5, 6]),
        ("init/weight", [3, 6]),
        ("logs/0", [4, 5, 6, 7]),
        ("outputs", [3, 4, 5, 6, 7]),
    ],
)
def test_a_draw_from_pytorch_explains_the_stages_that_it_can_decide(first, named):
    events = map(varied, [LINEAR, MASK, ROWS, NOISE, COMPILED])
    groups = dict.fromkeys(["init/weight", "data/epoch0", "order/0", "logs/0", "outputs"], 0)
    (cause,) = find_causes(runs(*events, groups=groups), first)
    found = [cause.event.place, *cause.further]
    assert [each.line for each in found] == named


def test_a_seed_that_differs_is_followed_to_the_draw_that_it_was_made_of():
    drawn = varied(replace(DRAW, generator="python", call="random.randrange"))
    seed = varied(Event(EventKind.SEED, Place("a.py", 5), "torch.manual_seed", generator="torch"))
    assert lines(runs(drawn, seed), "init/weight") == ["a.py:3", "a.py:5"]
    through = [replace(each, through="pandas") for each in drawn]
    assert lines(runs(through, seed), "init/weight") == ["a.py:5"]


def test_a_seed_of_the_system_is_called_that():
    seed = Event(EventKind.SEED, Place("a.py", 2), "torch.seed", generator="torch")
    own = Event(EventKind.MADE, Place("a.py", 2), "torch.Generator.seed")
    text = word_causes(find_causes(runs(seed), "outputs"))
    assert text.startswith("a.py:2 lets the system seed PyTorch's generator (torch.seed).")
    text = word_causes(find_causes(runs(own), "outputs"))
    assert text.startswith("a.py:2 lets the system seed a generator (torch.Generator.seed).")


def test_workers_are_named_only_where_nothing_else_is():
    workers = Event(EventKind.THREADS, Place("a.py", 8), "Loader", origin="workers")
    text = word_causes(find_causes(runs(workers), "data/epoch0"))
    assert text == (
        "a.py:8 lets worker processes of Loader make the rows: what they draw is not seen."
        " Try num_workers=0, with which draws are seen."
    )
    assert lines(runs(workers, varied(DRAW)), "data/epoch0") == ["a.py:3"]
