"""Random causes are planted in records; nothing that is said names a cause that was not planted."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
import synthetic
from findings_of import find_in, sentence_of

from runner.analysis.findings.advice import SOURCE_ADVICE
from runner.record.stages import kind_of

HASH, SCOPE = "hash()", "seed.scope=build"
STAGES = ("data", "init/a", "order/0", "dropout")
RULES = ("OBS101", "OBS102", "OBS103", "OBS104", "OBS105")


@dataclass(frozen=True)
class Planted:
    """What a sweep of a fixed seed was made to suffer from."""

    runs: int
    stage: str | None
    """The stage that is not the same in all runs; None: all of them are."""
    follows: str | None
    """What the stage follows: `hash` seeds, state of a warm `parent`, or nothing."""
    preload: bool
    """Whether warm parents import a module of the user's."""
    repeats_augmentation: bool
    continues: bool
    """Whether build 1 starts from the weights with which build 0 ended."""
    repeats_init: bool
    """Whether the builds of a run start from the same weights although those vary by run."""

    @classmethod
    def draw(cls, seed: int) -> Planted:
        chance = random.Random(seed)
        stage = chance.choice((None, *STAGES))
        follows = chance.choice((None, "hash", "parent")) if stage else None
        preload = follows == "parent" or (follows is None and chance.random() < 0.5)
        repeats_init = stage == "init/a" and follows is None and chance.random() < 0.5
        return cls(
            runs=chance.randint(4, 8),
            stage=stage,
            follows=follows,
            preload=preload,
            repeats_augmentation=chance.random() < 0.3,
            continues=not repeats_init and chance.random() < 0.3,
            repeats_init=repeats_init,
        )

    @property
    def expected(self) -> set[str]:
        """Codes of the rules that must speak, and no others."""
        codes = {
            "OBS101": self.repeats_augmentation,
            "OBS102": self.continues,
            "OBS103": self.follows == "parent",
            "OBS104": self.repeats_init,
        }
        return {code for code, planted in codes.items() if planted}

    def make_runs(self) -> list[dict]:
        return [self._make_run(job) for job in range(self.runs)]

    def _make_run(self, job: int) -> dict:
        parent = job % 2
        group = 0 if self.stage is None else parent if self.follows else job
        builds = [self._make_build(build, group) for build in (0, 1)]
        if self.continues:
            builds[1]["init/a"] = builds[0]["weights/a"]
        if self.repeats_init:
            builds[1]["init/a"] = builds[0]["init/a"]
        return {
            "values": synthetic.outputs(group),
            "digest": f"{group:016x}",
            "fingerprints": builds,
            "warm_parent": 100 + parent,
            "hash_seed": parent,
            "metrics": [{"loss": 0.5}] * 2,
        }

    def _make_build(self, build: int, group: int) -> dict[str, str]:
        stages = {"data": "d", "init/a": f"i{build}", "dropout": f"m{build}"}
        stages |= {"order/0": f"o{build}", "order/1": f"p{build}"}
        stages |= {"augment/0": "a", "augment/1": "a" if self.repeats_augmentation else "b"}
        if self.stage is not None:
            stages[self.stage] += f"-{group}"
        return {**stages, "weights/a": f"w{build}-{group}", "outputs": f"{build}-{group}"}


def check(tmp_path, seed: int) -> None:
    """Plant causes, and compare what is said with them."""
    planted = Planted.draw(seed)
    preload = ["mine"] if planted.preload else []
    found = find_in(tmp_path, planted.make_runs(), scope="process", preload=preload)
    assert {each.rule.code for each in found} & set(RULES) == planted.expected, planted
    sentence = sentence_of(tmp_path)
    assert (HASH in sentence) == (planted.follows == "hash"), planted
    assert (f", first at {planted.stage}" in sentence) == (planted.stage is not None), planted
    for kind in SOURCE_ADVICE:
        if _advises(kind, sentence):
            assert planted.stage is not None, planted
            assert kind == kind_of(planted.stage), planted
    if SCOPE in sentence:  # would be of no use where a build goes on from the one before
        assert not planted.continues, planted


def _advises(kind: str, sentence: str) -> bool:
    return SOURCE_ADVICE[kind] in sentence


@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_said_that_was_not_planted(tmp_path, seed):
    check(tmp_path, seed)


@pytest.mark.slow
def test_nothing_is_said_that_was_not_planted_in_five_hundred(tmp_path):
    for seed in range(50, 550):
        check(tmp_path / str(seed), seed)
