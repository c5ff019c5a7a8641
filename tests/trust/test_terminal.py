"""What a terminal would obey."""

from __future__ import annotations

import pytest
from attacking import GLOBAL, start, write

from runner.text import HIDDEN


@pytest.mark.slow
def test_control_characters_are_shown_and_not_sent(tmp_path):
    claim = GLOBAL + r'claims: [{text: "\e]0;own\a", %s}]' + "\n"
    files = {"bad": claim % r'verdict: "\e[2J\u202e"', "good": claim % "across_runs: same"}
    write(tmp_path / "work", {f"evil/experiment/{name}.yaml": files[name] for name in files})
    for name, end in (("bad", "\ufffd[2J\ufffd"), ("good", "\ufffd]0;own")):
        answer = start(
            tmp_path / "work",
            f"experiment={name} model=linear data=article train.epochs=0 builds=1 calls=1"
            " replicates=2 -m --config-dir=evil",
        )
        said = answer.out + answer.err
        assert end in said
        assert set(said) & (set(map(chr, HIDDEN)) - {"\n", "\t"}) == set()
