"""What is said of a configuration beside its verdict: the reason, what to change, surprises."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import fingerprints, outputs, write

from runner.analysis.results import collate
from runner.record.record import Predicted

SAME = {"strategy": "fixed"}
NOTHING = {"strategy": "unset", "seeds": {}}
PREDICTED = {
    "runs": Predicted("same", "every initializer has its own seed: nothing random is left")
}
LAYERS = [f"dense_{index} (relu): all 64 units are 0 for every input" for index in (1, 2)]
SATURATED = (
    "dense (sigmoid): all 32 units are saturated at 1 for every input (before sigmoid {} to {}),"
    " through its bias ({})"
)
ALL = {"data": "d", "split": "s", "init/a": "i", "order/0": "r", "weights/a": "w", "outputs": "o"}


def part(source, **settings):
    """Two runs that first part at a source."""
    stage = next(name for name in ALL if name.partition("/")[0] == source)
    return [
        {**settings, "values": outputs(job), "fingerprints": [{**ALL, stage: f"{stage}{job}"}] * 2}
        for job in range(2)
    ]


def fixed(source):
    return part(source, strategy="fixed", seeds={"value": 1})


def twice(**settings):
    return [{"values": outputs(), **settings} for _ in range(2)]


constant = np.zeros((2, 2, 4, 3), np.float32)
one_label = outputs() + np.array([0, 0, 99], np.float32)
builds_differ = np.concatenate([outputs(0, (1, 2, 4, 3)), outputs(1, (1, 2, 4, 3))])
seeded = [
    {"values": outputs(job % 2), "strategy": "random", "seeds": {"value": job % 2}}
    for job in range(3)
]
seeded[2]["replay_of"] = 0
seeded[0]["fingerprints"] = [{**ALL, "init/a": "x", "order/0": "y"}] * 2
seeded[1]["fingerprints"] = [ALL] * 2
seeded[2] |= {
    "values": outputs(0),
    "seeds": {"value": 0},
    "fingerprints": seeded[0]["fingerprints"],
}


def replayed(stage):
    """Two runs of their own seeds, and a replay of the first that parts from it at a stage."""
    runs = [
        {
            "values": outputs(job),
            "strategy": "random",
            "seeds": {"value": job},
            "fingerprints": [{**ALL, "init/a": f"i{job}", "order/0": f"o{job}"}] * 2,
        }
        for job in range(2)
    ]
    changed = {**runs[0]["fingerprints"][0], stage: "other"}
    return [
        *runs,
        {**runs[0], "values": outputs(2), "replay_of": 0, "fingerprints": [changed] * 2},
    ]


BUILDS = {"values": builds_differ, **SAME, "scope": "process"}

CASES = {
    "nothing was seeded": part("init", **NOTHING),
    "data under a fixed seed": fixed("data"),
    "split under a fixed seed": fixed("split"),
    "init under a fixed seed": fixed("init"),
    "order under a fixed seed": fixed("order"),
    "the implementation": fixed("weights"),
    "the implementation, unseeded": part("weights", **NOTHING),
    "the implementation, though operations are deterministic": part(
        "weights", **SAME, seeds={"value": 1}, environment={"op_determinism": True}
    ),
    "a replay that parts from its run at the data": replayed("data"),
    "a replay that parts from its run at the weights": replayed("weights/a"),
    "a replay that parts from its run at the order, where runs do too": replayed("order/0"),
    "seed-driven by two sources": seeded,
    "seed-driven, sources already varied apart": [{**each, "vary": ["init"]} for each in seeded],
    "builds differ": twice(values=builds_differ, **SAME),
    "builds differ, as was predicted": twice(
        **BUILDS, predicted={"builds": Predicted("differs", "seeds are set once")}
    ),
    "builds differ, and nobody knew": twice(
        **BUILDS, predicted={"builds": Predicted("unknown", "what mine.model does is not known")}
    ),
    "builds differ though each is seeded": twice(**{**BUILDS, "scope": "build"}),
    "the same and nothing random": twice(strategy="random", predicted=PREDICTED),
    "the same under a fixed seed": twice(strategy="fixed", predicted=PREDICTED),
    "collapsed": twice(values=constant, collapse=[LAYERS[0]] * 2),
    "collapsed in several ways": [
        {"values": constant, "collapse": [LAYERS[0], LAYERS[0]]},
        {"values": constant, "collapse": [LAYERS[1], None]},
    ],
    "collapsed for one reason, seen in several numbers": [
        {
            "values": constant,
            "collapse": [SATURATED.format(low, high, bias) for low, high, bias in numbers],
        }
        for numbers in (((48.7, 50.9, 50), (49, 51.2, 50.1)), ((47, 49, 50), (50, 50, 50)))
    ],
    "one row for a probe": twice(inputs=np.zeros(4), strategy="fixed"),
    "not finite, and one row for a probe": twice(
        values=constant * np.nan, inputs=np.zeros(4), collapse=["dense: its weights are NaN"] * 2
    ),
    "collapsed and nobody knows why": twice(values=constant, collapse=[None, None]),
    "not finite": twice(values=constant * np.nan, collapse=["dense: its weights are NaN"] * 2),
    "one label": twice(values=one_label, targets=np.array([0, 1, 2, 0])),
    "one label of no labels": twice(values=one_label),
    "hash seeds": [
        {"values": outputs(job % 2), "hash_seed": job % 2, "digest": str(job % 2)}
        for job in range(4)
    ],
    "hash seeds, and no coincidence": [
        {"values": outputs(job), "hash_seed": job % 2, "digest": str(job)} for job in range(4)
    ],
    "a surprise": twice(predicted={"runs": Predicted("differs", "nothing is seeded")}),
    "tried again": twice(retried=["OSError: not yet"]),
}


def say(directory, runs):
    for job, settings in enumerate(runs):
        settings = {"fingerprints": [ALL] * 2, **settings}
        write(directory, job, **settings)
    (sentence,) = collate(directory).sentences
    return sentence


def test_every_sentence_is_as_agreed(tmp_path, golden):
    said = "".join(
        f"{name}: {say(tmp_path / str(i), runs)}\n" for i, (name, runs) in enumerate(CASES.items())
    )
    golden("advice.txt", said)


def test_a_reason_is_given_only_where_the_outputs_show_its_effect(tmp_path):
    write(tmp_path, 0, outputs(), collapse=[LAYERS[0], None])
    results = collate(tmp_path)
    assert results.table["reason"].isna().all()
    assert "relu" not in results.sentences[0]


def test_a_probe_of_one_row_is_the_reason_that_nothing_is_known(tmp_path):
    same, single = np.zeros(4), outputs(shape=(1, 1, 1, 3))
    write(tmp_path / "same", 0, outputs(), inputs=same)
    write(tmp_path / "some runs", 0, outputs(), inputs=same)
    write(tmp_path / "some runs", 1, outputs())
    write(tmp_path / "single", 0, single)
    said = {name: collate(tmp_path / name) for name in ("same", "some runs", "single")}
    found = {name: results.table["reason"][0] for name, results in said.items()}
    assert found["same"].startswith("all 4 probe inputs are the same row, so nothing")
    assert found["some runs"].startswith("all 4 probe inputs are the same row in 1 of 2 runs, so")
    assert found["single"] is None


@pytest.mark.parametrize("labels", [2, 3])
def test_several_labels_are_not_one(tmp_path, labels):
    values = outputs(shape=(1, 1, 4, labels))
    write(tmp_path, 0, values)
    write(tmp_path, 1, values)
    table = collate(tmp_path).table
    assert table["labels"][0] == len(set(values[0, 0].argmax(axis=1)))
    assert "same label" not in collate(tmp_path).sentences[0]


def test_without_predictions_nothing_surprises(tmp_path):
    write(tmp_path, 0, outputs(), fingerprints=fingerprints())
    assert collate(tmp_path).table["surprise"].isna().all()
