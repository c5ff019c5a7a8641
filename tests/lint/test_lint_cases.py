"""Each rule where it must speak, on the line where it must, and where it must not."""

from __future__ import annotations

import pytest
from cases_on_disk import FOUND, compose_case
from omegaconf import OmegaConf

from runner.lint import lint
from runner.lint.located import report_on
from runner.numeric.severity import Severity
from runner.static.declared import select, split_key
from runner.static.facts import ConfigFacts

pytestmark = pytest.mark.composes

FIRING = [case for case in FOUND if case.fires]


def test_names_say_what_is_expected():
    assert {case.path.stem.split("_")[0] for case in FOUND} == {"fires", "quiet"}
    for case in FOUND:
        assert bool(case.marked) == case.fires, case.name


@pytest.mark.parametrize("case", FIRING, ids=lambda case: case.name)
def test_fires_on_the_marked_lines(case):
    found = report_on(compose_case(case)).found
    own = [each for each in found if each.finding.code == case.code]
    assert {each.place.line for each in own} == case.marked
    assert {each.place.file for each in own} == {case.path}


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
def test_no_other_rule_speaks(case):
    expected = case.also | ({case.code} if case.fires else set())
    # Infos are about nearly every config; one counts where the case is about it.
    spoken = {
        each.code
        for each in lint(compose_case(case).configuration.cfg)
        if each.severity is not Severity.info or each.code == case.code
    }
    assert spoken == expected


@pytest.mark.parametrize("case", FIRING, ids=lambda case: case.name)
def test_findings_are_one_line_about_a_key_that_exists(case):
    subject = ConfigFacts.of(compose_case(case).configuration.cfg)
    for finding in lint(compose_case(case).configuration.cfg):
        assert "\n" not in finding.message
        assert not finding.message.endswith(".")
        assert len(finding.message) < 220
        assert ";" in finding.message, "says what was seen and why; and what to use"
        head, *rest = split_key(finding.key)
        holder = select(subject.written, [head, *rest[:-1]]) if rest else subject.written
        last = rest[-1] if rest else head
        assert last in holder if isinstance(holder, dict) else holder[last] is not None


def test_what_is_said_is_as_agreed(golden):
    lines = []
    for case in FIRING:
        for finding in lint(compose_case(case).configuration.cfg):
            if finding.code == case.code:
                lines.append(f"{case.name}: {finding.key}: {finding.message}\n")
    golden("lint/messages.txt", "".join(lines))


def test_linting_does_not_change_the_config():
    config = compose_case(FIRING[0]).configuration.cfg
    before = OmegaConf.to_yaml(config)
    lint(config)
    assert OmegaConf.to_yaml(config) == before
