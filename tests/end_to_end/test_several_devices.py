"""A training over several devices is a function of the user's; no key stands for it."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]


def test_a_mirrored_training_in_a_function_is_judged(cli):
    ended = cli(
        *("task=function", "task.function=two_replicas.main", "seed=unset,fixed"),
        *("replicates=2", "replays=0", "builds=1", "-m"),
        RUNNER_TRUST="two_replicas",
    )
    assert ended.status == 0, ended.err
    rows = ended.rows("seed")
    assert rows["unset"]["verdict"] == "uncontrolled"
    assert rows["unset"]["first_divergence"].startswith("weights/")
    assert rows["fixed"]["across_runs"] == "same"
    assert set(ended.results.table["replicas_mean"]) == {2}


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            "runtime.strategy=mirrored",
            "runtime.strategy: is not a key of the config. Training over several devices is code"
            " of your own, in task=function",
        ),
        (
            "+train.strategy=mirrored",
            "train.strategy: is not a key of the config. Received: mirrored. Training over several"
            " devices is code of your own, in task=function",
        ),
        (
            "train.validation_split=0.2",
            "train.validation_split: is not a key of the config. Write train.validation.part=last"
            " train.validation.fraction=SHARE",
        ),
    ],
)
def test_what_has_no_key_is_told(forked_commands, tmp_path, override, line):
    ended = forked_commands.run(tmp_path, [override])
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [line]
