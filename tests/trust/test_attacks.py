"""What configs of strangers may not do, each attack through the command line."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from all_attacks import ATTACKS, LINTED, RUN
from attacking import SECRET, Answer, Attack, start, write


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, Answer]:
    """Each attack's answer; two at a time."""

    def answer(attack: Attack) -> Answer:
        work = tmp_path_factory.mktemp("attack") / "work"
        write(work, attack.files)
        return start(work, attack.arguments, **attack.environment)

    with ThreadPoolExecutor(2) as two:
        return dict(zip(RUN, two.map(answer, RUN.values()), strict=True))


@pytest.mark.parametrize("name", RUN)
def test_an_attack_gets_one_line_and_leaves_nothing(answers, name):
    answer = answers[name]
    assert answer.err.startswith(ATTACKS[name].line.replace("WORK", str(answer.work))), answer.err
    assert answer.err.count("\n") == 1
    assert (answer.status, answer.out) == (2, "")
    assert answer.made == []
    assert SECRET not in answer.err


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
