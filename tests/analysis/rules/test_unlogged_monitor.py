"""OBS407, where it must speak and where it must not."""

from __future__ import annotations

from findings_of import find_in, of_code

from runner.record.reasons import Clause


def watching(monitor: str, logged: str) -> dict:
    fact = Clause("unlogged-monitor", "EarlyStopping", {"monitor": monitor, "logged": logged})
    return {"build_facts": [[fact], []]}


def test_fires(tmp_path):
    runs = [watching("val_acc", "loss, accuracy, val_loss, val_accuracy")] * 2
    (found,) = of_code(find_in(tmp_path, runs), "OBS407")
    assert found.observation.seen == (
        "EarlyStopping watches val_acc, which was never logged; loss, accuracy, val_loss,"
        " val_accuracy were."
    )
    assert found.observation.change == "Did you mean 'val_accuracy'?"
    assert found.observation.extent == "in 2 of 4 builds"


def test_quiet(tmp_path):
    other = Clause("metric", "val_acc", {"class": "Mean"})
    found = find_in(tmp_path, [{"build_facts": [[other], []]}])
    assert not of_code(found, "OBS407")
