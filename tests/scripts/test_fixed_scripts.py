"""What `audit --fix` finds for each planted script: a remedy that holds with plain Python too."""

from __future__ import annotations

import re
import subprocess

import pytest
from audited import audit, find_mark
from corpus import HERE, read_manifest, run_script

from runner.remedy.fix_report import NONE_HELPS

PLANTED = [each for each in read_manifest() if each.planted and not each.leaves]
DIFFERS = [each for each in PLANTED if each.outcome == "differs"]
SEEDED = [each for each in PLANTED if each.kind in ("seed-in-function", "constant-seed")]

VERIFIED = re.compile(r"With .+ the runs repeat \(\d+ runs, (?P<tried>\d+) sets? of remedies tried")
MOST_TRIED = 6
"""Sets of remedies that may be tried for a script with one culprit."""

HELPLESS: dict[str, str] = {}
"""Scripts that no remedy helps, with why."""

pytestmark = [pytest.mark.process, pytest.mark.exhaustive]


def fix(script, place):
    where = ("--with", "hydra.sweep.dir=outputs/tried")
    return audit(script, place, *where, "--fix", "--write")


@pytest.mark.parametrize("script", DIFFERS, ids=lambda script: script.script)
def test_a_remedy_is_verified_and_its_patch_makes_plain_runs_repeat(script, tmp_path):
    place = tmp_path / "work"
    ended = fix(script, place)
    assert ended.status == 0, ended.err
    if script.script in HELPLESS:
        assert NONE_HELPS in ended.out, ended.out
        return
    found = VERIFIED.search(ended.out)
    assert found, ended.out
    assert int(found["tried"]) <= MOST_TRIED
    patch = place / "outputs" / "tried-fix" / "fix.patch"
    assert patch.exists() is ("With it the runs repeat" in ended.out), ended.out
    if not patch.exists() or script.script.endswith(".ipynb"):
        return
    source = HERE / script.name
    main = place / (HERE / script.script).relative_to(source if source.is_dir() else source.parent)
    done = subprocess.run(
        ["patch", "-p1", "-i", str(patch)], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    first, second = (run_script(script, main, number).result for number in (1, 2))
    # A listing in another order is made by the test; the patch sorts it where that is the cause.
    assert first == second, patch.read_text("utf-8")


@pytest.mark.parametrize("script", SEEDED, ids=lambda script: script.script)
def test_of_what_never_changes_the_seed_to_remove_is_said(script, tmp_path):
    ended = fix(script, tmp_path / "work")
    assert ended.status == 0, ended.err
    assert "Without the seeds that the script sets itself its runs differ" in ended.out, ended.out
    told = ended.out.partition("Without the seeds")[2]
    assert find_mark(script) in told, ended.out
