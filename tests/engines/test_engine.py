"""Engines that cannot be used are refused before anything is written."""

from __future__ import annotations

import importlib.util

import pytest

from runner.engines.engine import ENGINES, find_engine
from runner.errors import ConfigError


@pytest.mark.parametrize("name", ENGINES)
def test_a_library_that_is_not_installed_is_named_with_its_extra(monkeypatch, name):
    monkeypatch.setattr(importlib.util, "find_spec", lambda library: None)
    with pytest.raises(ConfigError, match=rf"runner\[{ENGINES[name].extra}\]"):
        find_engine(name)


@pytest.mark.process
def test_an_unknown_engine_is_one_line_and_leaves_nothing(forked_commands, tmp_path):
    words = ["seed=fixed", "hydra/launcher=joblib", "hydra.launcher.engine=joblip", "-m"]
    ended = forked_commands.run(tmp_path, words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("hydra.launcher.engine: must be one of joblib, ray, ")
    assert ended.stderr.endswith("Received: joblip. Did you mean 'joblib'?\n")
    assert list(tmp_path.iterdir()) == []
