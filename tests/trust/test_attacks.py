"""What configs of strangers may not do, each attack through the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from all_attacks import ATTACKS, LINTED, RUN
from attacking import SECRET, Answer, Attack, start, write


def needs_its_own(attack: Attack) -> bool:
    """Whether an attack may need an interpreter of its own: for modules or its environment."""
    return bool(attack.environment) or any(name.endswith(".py") for name in attack.files)


def prepare(tmp_path_factory, attack: Attack) -> Path:
    work: Path = tmp_path_factory.mktemp("attack") / "work"
    write(work, attack.files)
    return work


@pytest.fixture(scope="module")
def answers(tmp_path_factory, forked_commands) -> dict[str, Answer]:
    """Each attack's answer, in a fork where the attack can reach one."""
    return {
        name: start(
            prepare(tmp_path_factory, attack),
            attack.arguments,
            None if needs_its_own(attack) else forked_commands,
            **attack.environment,
        )
        for name, attack in RUN.items()
    }


def check(name: str, answer: Answer) -> None:
    assert answer.err.startswith(ATTACKS[name].line.replace("WORK", str(answer.work))), answer.err
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.out) == (2, "")
    assert answer.made == []
    assert SECRET not in answer.err


@pytest.mark.parametrize("name", RUN)
def test_an_attack_gets_one_line_and_leaves_nothing(answers, name):
    check(name, answers[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RUN if not needs_its_own(RUN[name])])
def test_a_fresh_interpreter_answers_the_same(tmp_path_factory, name):
    attack = RUN[name]
    check(name, start(prepare(tmp_path_factory, attack), attack.arguments))


@pytest.fixture(scope="module")
def linted(tmp_path_factory) -> tuple[Answer, dict[str, str]]:
    """The answer to the files of all attacks in one directory, and the line on each."""
    work = tmp_path_factory.mktemp("attacks") / "work"
    environment = {}
    for number, attack in enumerate(LINTED.values()):
        files = {name.replace("/x.yaml", f"/x{number}.yaml"): t for name, t in attack.files.items()}
        write(work, files)
        environment |= attack.environment
    answer = start(work, "lint --config-dir=evil", **environment)
    lines = [line.partition(": ") for line in answer.err.splitlines()]
    said = {place.removeprefix("evil/experiment/"): text for place, _, text in lines}
    return answer, {name: said.get(f"x{i}.yaml", answer.err) for i, name in enumerate(LINTED)}


@pytest.mark.slow
def test_lint_runs_nothing(linted):
    answer, _ = linted
    assert (answer.status, answer.made) == (2, [])
    assert SECRET not in answer.err + answer.out


@pytest.mark.slow
@pytest.mark.parametrize("name", LINTED)
def test_lint_says_the_same(linted, name):
    answer, lines = linted
    expected = LINTED[name].line.replace("WORK", str(answer.work)).replace("/x.yaml", "/x")
    assert re.sub(r"x\d+\.yaml", "x", lines[name]).startswith(expected.replace("x.yaml", "x"))
