"""Scripts that use PyTorch: the corpus is true, and `audit` says of each what it says of Keras.

PyTorch is no dependency of the tests: `python -m pip install -e '.[torch]'`.
"""

from __future__ import annotations

import importlib.util
import textwrap

import pytest
from audited import SAME, audit, find_mark, read_named
from conftest import run_cli
from corpus import HERE, copy_script, read_manifest, run_script

SCRIPTS = read_manifest("torch/manifest.yaml")
PLANTED = [each for each in SCRIPTS if each.planted]
CLEAN = [each for each in SCRIPTS if not each.planted]
DIFFERING = [each for each in PLANTED if each.outcome == "differs"]

OPPOSITE = {"differs": "same", "same": "differs"}

installed = importlib.util.find_spec("torch") is not None


def with_torch(function):
    """Mark a test that runs PyTorch."""
    function = pytest.mark.skipif(not installed, reason="PyTorch is not installed")(function)
    return pytest.mark.process(pytest.mark.exhaustive(function))


def each_script(scripts):
    return pytest.mark.parametrize("script", scripts, ids=lambda script: script.script)


def find(name):
    (script,) = [each for each in SCRIPTS if name in each.script]
    return script


def outcome_of(first, second):
    return "same" if first == second else "differs"


# --- the corpus is whole, and what it says is true


def test_the_manifest_and_the_folders_name_the_same_scripts():
    found = [path for path in (HERE / "torch").glob("*/*") if path.name != "__pycache__"]
    assert sorted(each.name for each in SCRIPTS) == sorted(
        path.relative_to(HERE).as_posix() for path in found
    )
    assert len(PLANTED) >= 14
    assert len(CLEAN) >= 6


@with_torch
@each_script(PLANTED)
def test_a_planted_script_has_its_outcome_and_its_repair_has_the_opposite(script, tmp_path):
    main = copy_script(script, tmp_path)
    first, second = run_script(script, main, 1), run_script(script, main, 2, watched=True)
    # A worker process executes the line: one that is spawned tells nobody.
    assert second.reached or script.kind == "worker-generator"
    assert outcome_of(first.result, second.result) == script.outcome
    repaired = tmp_path / "repaired"
    repaired.mkdir()
    main = copy_script(script, repaired, repaired=True)
    results = [run_script(script, main, number).result for number in (1, 2)]
    assert outcome_of(*results) == OPPOSITE[script.outcome]


# --- what audit says


@with_torch
@pytest.mark.parametrize("isolation", ["auto", "spawn"])
@each_script(DIFFERING)
def test_the_planted_line_is_named_first(script, isolation, tmp_path):
    ended = audit(script, tmp_path / "work", "--with", f"isolation={isolation}")
    (verdict,) = ended.results.table["verdict"]
    assert verdict in ("uncontrolled", "rounding"), ended.out
    sentence = " ".join(ended.results.sentences)
    if script.names is None:
        assert read_named(ended)[0] == find_mark(script), ended.out
    else:
        assert (script.names or "No line was seen") in sentence


@with_torch
def test_the_seed_that_keeps_runs_the_same_is_named(tmp_path):
    script = find("ensemble_constant_seed")
    ended = audit(script, tmp_path / "work")
    assert set(ended.results.table["verdict"]) <= set(SAME), ended.out
    assert f"{find_mark(script)} gives PyTorch's generator the seed 42" in " ".join(
        ended.results.sentences
    )


@with_torch
@each_script(CLEAN)
def test_a_clean_script_repeats_and_is_not_changed(script, tmp_path):
    ended = audit(script, tmp_path / "work")
    assert set(ended.results.table["verdict"]) <= set(SAME), ended.out
    printed = (ended.sweep / "0" / "run.log").read_text("utf-8").strip().splitlines()
    plain = tmp_path / "plain"
    plain.mkdir()
    assert printed[-1] == run_script(script, copy_script(script, plain), 1).result


@with_torch
@pytest.mark.parametrize("name", ["mlp_seeded", "workers_seeded", "lstm_sorted_words"])
def test_forked_and_spawned_runs_give_the_same_bits(name, tmp_path):
    digests = set()
    for isolation in ("fork", "spawn"):
        ended = audit(find(name), tmp_path / isolation, "--with", f"isolation={isolation}")
        digests |= set(ended.results.runs["digest"])
    assert len(digests) == 1


# --- seeds, remedies and files


@pytest.fixture
def run_audit(tmp_path):
    """Audit a script that is given as text."""

    def run(text, *options):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        (work / "train.py").write_text(textwrap.dedent(text))
        command = ["audit", "--replicates", "3", "--with", "replays=0", *options, "train.py"]
        return run_cli(work, *command, keep_order=True)

    return run


UNSEEDED = """
import torch
model = torch.nn.Linear(3, 2)
print(model(torch.ones(1, 3)).sum().item())
"""

SEEDED = UNSEEDED.replace("import torch", "import torch\ntorch.manual_seed(4)")


@with_torch
@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_seed_strategies_reach_pytorch(run_audit, isolation):
    isolated = ("--with", f"isolation={isolation}")
    ended = run_audit(UNSEEDED, "--seed", "unset,fixed", *isolated)
    verdicts = {key: row["verdict"] for key, row in ended.rows("seed").items()}
    assert verdicts["unset"] == "uncontrolled"
    assert verdicts["fixed"] in SAME


@with_torch
def test_without_its_own_seeds_a_script_varies(run_audit):
    ended = run_audit(SEEDED, "--no-respect-seeds")
    assert ended.results.table["verdict"].tolist() == ["uncontrolled"]


@with_torch
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("mlp_loop", "torch.manual_seed(42)"),
        ("gan_noise_seed", "call manual_seed(42) in place of seed()"),
        ("mc_dropout_fresh", "call manual_seed(42) in place of seed()"),
    ],
)
def test_a_fix_is_found_and_its_patch_helps(tmp_path, name, advice):
    script = find(name)
    ended = audit(script, tmp_path / "work", "--fix", "--write")
    assert advice in ended.out
    assert "With it the runs repeat" in ended.out


@with_torch
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("bias_lookup_threads", "torch.use_deterministic_algorithms(True)"),
        ("workers_own_rng", "with num_workers=0"),
    ],
)
def test_a_fix_without_a_line_that_draws_is_found(tmp_path, name, advice):
    ended = audit(find(name), tmp_path / "work", "--fix")
    assert advice in ended.out


@with_torch
def test_saved_tensors_are_compared_by_what_they_hold(run_audit):
    ended = run_audit(
        """
        import time
        import torch
        torch.save({"epoch": 1, "weight": torch.ones(3)}, f"{'same'}.pt")
        torch.save({"weight": torch.rand(3)}, "other.pth")
        print(0.5)
        """
    )
    (first,) = ended.results.table["first_divergence"]
    assert first == "files/other.pth"


@with_torch
def test_pytorch_is_imported_only_where_the_script_does(run_audit):
    ended = run_audit("import sys, numpy\nprint(int('torch' in sys.modules))\n")
    log = (ended.sweep / "0" / "run.log").read_text().split()
    assert log[-1] == "0"


@with_torch
def test_scripted_and_compiled_code_can_draw(run_audit):
    ended = run_audit(
        """
        import warnings
        warnings.simplefilter("ignore")
        import torch
        torch.manual_seed(0)
        model = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(0.5)))
        torch.seed()
        print(model(torch.ones(8, 4)).sum().item())
        """
    )
    assert "train.py:7 lets the system seed PyTorch's generator" in " ".join(
        ended.results.sentences
    )
