"""Which lines a patch changes, and how: only the call that is to get a seed."""

from __future__ import annotations

import pytest

from runner.analysis.findings.script_causes import Cause, Weight
from runner.record.timeline import Event, EventKind, Place
from runner.remedy.find_fix import Fix
from runner.remedy.fix_wording import write_seeding
from runner.remedy.patch import make_patch
from runner.remedy.remedies import FILL_SEEDS, FIX_SEEDS, SEED_FIRST


def cause(call, kind, line=1, **fields):
    return Cause(Event(kind, Place("a.py", line), call, **fields), Weight.SEEN)


@pytest.mark.parametrize(
    ("before", "call", "after"),
    [
        ("g.seed()", "torch.Generator.seed", "g.manual_seed(42)"),
        ("torch.Generator().seed()", "torch.Generator.seed", "torch.Generator().manual_seed(42)"),
        (
            "x = np.random.default_rng()",
            "numpy.random.default_rng",
            "x = np.random.default_rng(42)",
        ),
    ],
)
def test_a_generator_gets_a_seed(tmp_path, before, call, after):
    (tmp_path / "a.py").write_text(f"{before}  # why\n")
    fix = Fix((FILL_SEEDS,), None, 1)
    patch = make_patch(fix, [cause(call, EventKind.MADE)], "a.py", tmp_path)
    assert patch.files == {"a.py": f"{after}  # why\n"}


@pytest.mark.parametrize(
    ("before", "call", "after"),
    [
        ("torch.seed()", "torch.seed", "torch.manual_seed(42)"),
        ("random.seed(time.time())", "random.seed", "random.seed(42)"),
        ("(torch\n .manual_seed(\n int(f())))", "torch.manual_seed", "(torch\n .manual_seed(42))"),
        ("torch.Generator().manual_seed(f())", "torch.Generator.manual_seed",
         "torch.Generator().manual_seed(42)"),
    ],
)  # fmt: skip
def test_a_seed_becomes_a_number(tmp_path, before, call, after):
    (tmp_path / "a.py").write_text(f"{before}\n")
    patch = make_patch(Fix((FIX_SEEDS,), None, 1), [cause(call, EventKind.SEED)], "a.py", tmp_path)
    assert patch.files == {"a.py": f"{after}\n"}


def test_pytorch_is_seeded_with_its_own_function(tmp_path):
    (tmp_path / "a.py").write_text("import torch\nx = torch.rand(3)\n")
    drawn = [cause("torch.rand", EventKind.DRAW, 2, generator="torch")]
    assert write_seeding(drawn) == ["torch.manual_seed(42)"]
    patch = make_patch(Fix((SEED_FIRST,), None, 1), drawn, "a.py", tmp_path)
    assert patch.files["a.py"].startswith("import torch\n\ntorch.manual_seed(42)\n\nimport torch\n")
    both = [*drawn, cause("fit", EventKind.DRAW, 3, generator="tensorflow", through="keras")]
    assert write_seeding(both) == ["keras.utils.set_random_seed(42)", "torch.manual_seed(42)"]
