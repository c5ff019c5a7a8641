"""What is just small enough passes, and what would become large does not."""

from __future__ import annotations

import pytest
from attacking import start, write

from runner.errors import ConfigError
from runner.trust.sizes import MAX_DEPTH, MAX_VALUES, check_expansion, check_yaml


def test_what_is_just_small_enough_passes(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    check_yaml(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not text in UTF-8"):
        check_yaml(path)
    path.write_text("x: [" + "1, " * (MAX_VALUES - 3) + "]")
    check_yaml(path)
    path.write_text("x: [" + "1, " * (MAX_VALUES - 2) + "]")
    with pytest.raises(ConfigError, match="must have at most 20000 values"):
        check_yaml(path)


def test_a_chain_of_interpolations_is_no_bomb():
    check_expansion({"a0": "x", **{f"a{i}": f"${{a{i - 1}}}" for i in range(1, 50)}})
    check_expansion({"a": {"b": ["${a.c}", "${..c}"], "c": "${a.c}"}})  # OmegaConf says so itself
    with pytest.raises(ConfigError, match="must resolve to at most"):
        check_expansion({"a": {"x": "1" * 4_000_000}, "b": ["${a}", "${a}"], "c": "${b}${b[0]}"})
    with pytest.raises(ConfigError, match="refers through too many other keys"):
        check_expansion({"a0": "x", **{f"a{i}": f"${{a{i - 1}}}" for i in reversed(range(1, 900))}})
    with pytest.raises(ConfigError, match="interpolations inside of interpolations"):
        check_expansion({"a": "${b.${c}}" * 21})


def test_a_lock_is_no_bomb(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    write(tmp_path / "work", {"runner.lock.yaml": "format: 1\n" + "\n".join(lines) + "\n"})
    answer = start(tmp_path / "work", "check")
    assert answer.status == 2
    assert answer.err.endswith("must have at most 5000000 values, with its aliases written out\n")
    assert answer.err.count("\n") == 1
