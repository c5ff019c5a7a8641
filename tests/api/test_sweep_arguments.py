"""What a call becomes on the command line of a sweep."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.api.sweep_arguments import make_sweep_arguments, write_value
from runner.errors import ConfigError


def made(overrides=(), options=None, directory=None, trust=(), config_dir=None):
    return make_sweep_arguments(overrides, options or {}, directory, trust, config_dir)


def test_each_argument_has_its_place():
    found = made(
        ["seed=fixed,random"], {"replicates": 3, "seed": "fixed"}, Path("out"), ["my_code"], "conf"
    )
    assert found == [
        *("-m", "--trust", "my_code", "--config-dir", str(Path("conf").absolute())),
        *("seed=fixed,random", "replicates=3", "seed=fixed", "hydra.sweep.dir='out'"),
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex("[a-z][a-z0-9_]*", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(VALUES)
def test_hydra_reads_what_was_given(value):
    text = f"key={write_value('key', value)}"
    (parsed,) = OverridesParser.create().parse_overrides([text])
    assert not parsed.is_sweep_override()
    assert plain(parsed.value()) == value


def plain(value):
    """Quoted texts as texts."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return list(map(plain, value))
    return getattr(value, "text", value)


RULE = "overrides: must be a list of overrides, such as ['seed=fixed,random']"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"overrides": "seed=fixed"}, f"{RULE}. Received: 'seed=fixed'"),
        ({"overrides": None}, f"{RULE}. Received: None"),
        ({"overrides": [3]}, f"{RULE}. Received: 3"),
        ({"overrides": ["report"]}, f"{RULE}, each with a =. Received: report"),
        ({"overrides": ["--help"]}, f"{RULE}, each with a =. Received: --help"),
        ({"overrides": ["--config-dir=x"]}, f"{RULE}, each with a =. Received: --config-dir=x"),
        ({"overrides": ["dry_run=true"]},
         "dry_run: is for the command line, as nothing is run. Received: dry_run=true"),
        ({"options": {"dry_run": True}},
         "dry_run: is for the command line, as nothing is run. Received: dry_run=true"),
        ({"trust": "my_code"},
         "trust: must be a list of names, such as ['my_package']. Received: 'my_code'"),
        ({"options": {"probe": {"a b": 1}}},
         "probe: must have names of letters (a to z), digits and _. Received: 'a b'"),
        ({"options": {"replicates": {1}}},
         "replicates: must be a number, a text, or a list or mapping of these. Received: {1}"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(arguments, said):
    with pytest.raises(ConfigError) as raised:
        made(**arguments)
    assert str(raised.value) == said
