"""OBS105, where it must speak and where it must not."""

from __future__ import annotations

import pytest
import synthetic
from findings_of import find_in, of_code

from runner.record.reasons import Clause, count
from runner.record.record import Predicted

DRAWN = [Clause("initial-weights", numbers={"weights": count(2), "varied": count(1)})]
CONSTANT = [Clause("initial-weights", numbers={"weights": count(2), "varied": count(0)})]


def runs(*seeds: int | None, outputs: tuple[int, ...] = (), facts=DRAWN) -> list[dict]:
    outputs = outputs or (1,) * len(seeds)
    return [
        {
            "values": synthetic.outputs(output),
            "digest": f"{output:016x}",
            "fingerprints": synthetic.fingerprints(outputs=f"o{output}"),
            "seeds": {} if seed is None else {"value": seed},
            "build_facts": [facts],
        }
        for seed, output in zip(seeds, outputs, strict=True)
    ]


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, runs(1, 2, 3), strategy="random"), "OBS105")
    assert found.observation.seen == (
        "3 runs with 3 different seeds agree bit for bit, though the initial weights are no"
        " constants."
    )


@pytest.mark.parametrize(
    "shared",
    [
        {"drawn": {"runs": [], "unknown": ["init"]}},  # the model is made by unknown code
        {"drawn": {"runs": ["init"], "unknown": ["data"]}},
        {"drawn": {"runs": []}},  # an older record
    ],
)
def test_fires_unless_the_config_fixes_all(tmp_path, shared):
    assert of_code(find_in(tmp_path, runs(1, 2, 3), strategy="random", **shared), "OBS105")


@pytest.mark.parametrize(
    ("runs", "shared"),
    [
        (runs(1, 2, 3, outputs=(1, 2, 3)), {}),
        (runs(1, 2, 3, outputs=(1, 1, 2)), {}),
        (runs(7, 7, 7), {}),  # one seed
        (runs(1, 1, 2), {}),  # two runs share one
        (runs(None, None), {"strategy": "unset"}),
        (runs(1, 2, 3, facts=CONSTANT), {}),  # nothing is drawn
        (runs(1, 2, 3, facts=[]), {}),  # nobody knows
        (runs(1, 2, 3), {"strategy": "derived", "vary": ["order"]}),
        (runs(1, 2, 3), {"predicted": {"runs": Predicted("same", "nothing random is left")}}),
        (runs(1, 2, 3), {"drawn": {"runs": [], "unknown": []}}),
        (runs(1, 2, 3), {"drawn": {"runs": [], "unknown": ["data"]}}),
    ],
)
def test_quiet(tmp_path, runs, shared):
    assert not of_code(find_in(tmp_path, runs, **{"strategy": "random", **shared}), "OBS105")
