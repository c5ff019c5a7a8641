"""OBS103, where it must speak and where it must not; and what the sentence says of hash()."""

from __future__ import annotations

import pytest
import synthetic
from findings_of import find_in, of_code, sentence_of

HASH = "hash()"


def runs(*parents: int | None, outputs: tuple[int, ...] | None = None, hashes=None) -> list[dict]:
    """Runs of these warm parents, whose outputs follow the parent unless they are given."""
    outputs = outputs or tuple(parent or 0 for parent in parents)
    hashes = hashes or [parent or 0 for parent in parents]
    return [
        {
            "values": synthetic.outputs(output),
            "digest": f"{output:016x}",
            "fingerprints": synthetic.fingerprints(data=f"d{output}", outputs=f"o{output}"),
            "warm_parent": parent,
            "hash_seed": hash_seed,
        }
        for parent, output, hash_seed in zip(parents, outputs, hashes, strict=True)
    ]


def test_fires(tmp_path):
    (found,) = of_code(find_in(tmp_path, runs(1, 2, 1, 2), preload=["mine", "other"]), "OBS103")
    assert found.observation.where == "data"
    assert found.observation.seen == (
        "4 runs of 2 warm parents agree bit for bit in data within a parent and differ between"
        " parents, which import mine, other: what was drawn before runs were forked, or a hash"
        " seed, is shared."
    )
    assert HASH not in sentence_of(tmp_path)


def test_fires_for_a_stage_although_unseeded_outputs_all_differ(tmp_path):
    unseeded = [
        {**run, "values": synthetic.outputs(job), "digest": f"{job:016x}"}
        for job, run in enumerate(runs(1, 2, 1, 2), 10)
    ]
    found = find_in(tmp_path, unseeded, preload=["mine"], strategy="unset", seeds={})
    (finding,) = of_code(found, "OBS103")
    assert finding.observation.where == "data"


@pytest.mark.parametrize(
    ("parents", "outputs"),
    [
        ((1, 2, 1, 2), (1, 2, 3, 2)),  # two runs of one parent differ
        ((1, 2, 1, 2), (1, 1, 1, 1)),  # runs of two parents agree
        ((1, 2, 3, 4), (1, 2, 3, 4)),  # no two runs share a parent
        ((1, 2, 1), (1, 2, 1)),  # one pair may agree by chance
        ((None, None, None, None), (1, 2, 1, 2)),  # each had an interpreter of its own
    ],
)
def test_quiet(tmp_path, parents, outputs):
    found = find_in(tmp_path, runs(*parents, outputs=outputs), preload=["mine"])
    assert not of_code(found, "OBS103")


def test_quiet_without_a_module_of_the_users_and_then_hash_is_named(tmp_path):
    assert not of_code(find_in(tmp_path, runs(1, 2, 1, 2)), "OBS103")
    assert HASH in sentence_of(tmp_path)


def test_hash_is_not_named_where_runs_of_one_hash_seed_differ(tmp_path):
    find_in(tmp_path, runs(1, 2, 1, 2, outputs=(1, 2, 3, 2)))
    assert HASH not in sentence_of(tmp_path)


def test_hash_is_named_where_interpreters_share_a_seed_and_nothing_else(tmp_path):
    find_in(
        tmp_path,
        runs(None, None, None, None, outputs=(1, 2, 1, 2), hashes=[1, 2, 1, 2]),
        preload=["mine"],
    )
    assert HASH in sentence_of(tmp_path)
