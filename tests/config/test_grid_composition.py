"""Configurations of a grid equal those that Hydra composes one by one."""

from __future__ import annotations

import itertools

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.config.grids.composition import compose_all
from runner.config.grids.content import Content
from runner.config.grids.template import Template
from runner.config.schema import CONF, register

CHOICES = {
    "model": ["linear", "mlp", "nested"],
    "seed": ["fixed", "random", "unset"],
    "shuffle": ["on", "off"],
    "optimizer": ["adam", "sgd", "{learning_rate: 0.5}"],
    "+other@task.params": ["one", "two"],
    "experiment": ["mine", "null"],
    "hydra.job.name": ["a", "b"],
    "~schedule": [None],
}
"""Overrides that name files, or settings of Hydra."""

VALUES = {
    "train.epochs": ["1", "2", "'3'", "null"],
    "train.batch_size": ["8", "16", "${train.epochs}"],
    "data.units": ["3", "4"],
    "compare.rtol": ["0.1", "${compare.atol}", "1e-3"],
    "train.metrics": ["[accuracy]", "[]"],
    "seed.vary": ["all", "[init]", "[init,order]"],
    "task.params": ["{a: 1}", "{b: {c: 2}}", "{a: [1, 2]}"],
    "+task.params.added": ["1", "word", "'a=b'", "{x: 1}", "null"],
    "++task.params.forced": ["1.5", "[1, {y: 2}]", "${data.units}"],
    "~train.class_weight": [None],
    "task.function": ["null", "a.b", r"'it\'s'"],
    "train.loss": ["null", "mse", "{_target_: keras.losses.MeanSquaredError}"],
    "train.optimizer": ["sgd", "{learning_rate: 0.25}", "null"],
    "timeout_s": ["null", "3", "2.5"],
    "runtime.device": ["cpu", "auto"],
    "data.source": ["null", "{_target_: runner.data.digits}"],
    "dry_run": ["true", "false"],
}
"""Overrides that give values."""

FILES = {
    "model/nested.yaml": """\
defaults:
  - mlp
  - /loss@side: mse
  - _self_
again: ${data.units}
whole: ${compare}
""",
    "other/one.yaml": "n: 1\nfrom: ${train.epochs}\n",
    "other/two.yaml": "n: 2\nlist: [1, '${seed.value}']\n",
    "experiment/mine.yaml": """\
# @package _global_
defaults:
  - override /shuffle: "off"
train:
  epochs: ${data.units}
  batch_size: 4
compare:
  rtol: ${.atol}
""",
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Hydra's loader and the config of a sweep, with files of the user's."""
    mine = tmp_path_factory.mktemp("mine")
    for name, text in FILES.items():
        path = mine / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        given = [f"hydra.searchpath=['file://{mine}']"]
        yield loader, loader.load_configuration("config", given, RunMode.MULTIRUN)


def describe(node):
    """All that can be told of a config: values as written, types, and flags of each node."""
    if node is None:
        return None
    if isinstance(node, DictConfig | ListConfig):
        about = (OmegaConf.get_type(node), OmegaConf.is_struct(node), OmegaConf.is_readonly(node))
        return about, OmegaConf.to_container(node, resolve=False), describe_children(node)
    return type(node), repr(node)


def describe_children(node):
    written = OmegaConf.to_container(node, resolve=False)
    if not isinstance(written, dict | list):
        return None  # null, or to be given
    names = range(len(written)) if isinstance(written, list) else list(written)
    told = {}
    for name in names:
        if OmegaConf.is_interpolation(node, name) or OmegaConf.is_missing(node, name):
            told[name] = "as written"
        else:
            told[name] = describe(node[name])
    return told


def expand(axes):
    lines = [
        [key if value is None else f"{key}={value}" for value in values]
        for key, values in axes.items()
    ]
    return list(itertools.product(*lines))


@st.composite
def grids(draw):
    pool = {**CHOICES, **VALUES}
    few = draw(st.lists(st.sampled_from(list(CHOICES)), unique=True, max_size=2))
    more = draw(st.lists(st.sampled_from(list(VALUES)), unique=True, min_size=1, max_size=3))
    axes, size = {}, 1
    for key in draw(st.permutations([*few, *more])):
        most = min(3, len(pool[key]), max(1, 8 // size))
        values = st.lists(st.sampled_from(pool[key]), unique=True, min_size=1, max_size=most)
        axes[key] = draw(values)
        size *= len(axes[key])
    return expand(axes)


def compose_each(combinations, config, loader):
    """What Hydra composes; the error if it cannot compose one of them."""
    try:
        return [loader.load_sweep_config(config, list(each)) for each in combinations]
    except (ConfigCompositionException, OmegaConfBaseException, ValueError) as error:
        return error


def check_grid(combinations, sweep):
    """A grid is what Hydra composes one by one, its errors too."""
    loader, config = sweep
    wanted = compose_each(combinations, config, loader)
    if isinstance(wanted, Exception):
        with pytest.raises(type(wanted)) as caught:
            compose_all(combinations, config, loader)
        assert str(caught.value) == str(wanted)
        return
    for each, own in zip(compose_all(combinations, config, loader), wanted, strict=True):
        check_equal(each, own)


def try_grids(count):
    """Settings with which hypothesis tries that many grids, with the module's own loader."""
    checks = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=count, deadline=None, suppress_health_check=checks)


@try_grids(6)
@given(combinations=grids())
def test_a_grid_is_what_hydra_composes(sweep, combinations):
    check_grid(combinations, sweep)


@pytest.mark.exhaustive
@try_grids(100)
@given(combinations=grids())
def test_many_grids_are_what_hydra_composes(sweep, combinations):
    check_grid(combinations, sweep)


def check_equal(configuration, own):
    assert describe(configuration.cfg) == describe(own)
    if configuration.known is not None:
        content = Content.of(own)
        assert configuration.known == content
        assert configuration.known.id == content.id
        assert configuration.known.typed == content.typed


def test_configurations_that_differ_in_values_share_what_was_composed(sweep):
    loader, config = sweep
    axes = {
        "model": ["mlp", "linear"],
        "train.epochs": ["1", "2", "3"],
        "data.units": ["3", "4"],
        "+task.params.a": ["1", "{b: 2}"],
    }
    combinations = expand(axes)
    composed = compose_all(combinations, config, loader)
    assert [each.overrides for each in composed] == combinations
    templates = {id(each.origin) for each in composed if isinstance(each.origin, Template)}
    assert len(templates) == 2
    assert all(isinstance(each.origin, Template) for each in composed)
    for each in composed:
        check_equal(each, loader.load_sweep_config(config, list(each.overrides)))


def test_an_interpolation_follows_what_it_refers_to(sweep):
    loader, config = sweep
    combinations = expand({"model": ["nested"], "data.units": ["3", "4"], "compare.rtol": ["0.5"]})
    composed = compose_all(combinations, config, loader)
    assert [each.known.values["model"]["again"] for each in composed] == [3, 4]
    assert [each.known.typed.model["whole"].rtol for each in composed] == [0.5, 0.5]
    assert [each.known.values["model"]["whole"]["rtol"] for each in composed] == [0.5, 0.5]
    assert {each.known.written["model"]["again"] for each in composed} == {"${data.units}"}
    assert len({each.known.id for each in composed}) == 2


def test_directories_that_depend_on_values_are_left_to_hydra(sweep):
    loader, config = sweep
    combinations = expand({"hydra.sweep.subdir": ["'${train.epochs}'"], "train.epochs": ["1", "2"]})
    composed = compose_all(combinations, config, loader)
    assert not any(isinstance(each.origin, Template) for each in composed)
    assert [each.cfg.hydra.sweep.subdir for each in composed] == ["1", "2"]


def test_a_template_that_would_make_another_config_than_hydra_is_not_used(sweep, monkeypatch):
    loader, config = sweep
    monkeypatch.setattr("runner.config.grids.template.name_overrides", lambda *given: "another")
    composed = compose_all(expand({"train.epochs": ["1", "2"]}), config, loader)
    assert not any(isinstance(each.origin, Template) for each in composed)
    assert [each.cfg.hydra.job.override_dirname for each in composed] == [
        "train.epochs=1",
        "train.epochs=2",
    ]


@pytest.mark.parametrize("wrong", ["train.epochs=word", "train.nothing=1", "seed.strategy=none"])
def test_a_value_that_cannot_be_given_is_refused_as_hydra_does(sweep, wrong):
    loader, config = sweep
    key, _, _ = wrong.partition("=")
    combinations = [("dry_run=true", f"{key}={value}") for value in ("null", wrong.split("=")[1])]
    wanted = compose_each(combinations, config, loader)
    assert isinstance(wanted, Exception)
    with pytest.raises(type(wanted)) as caught:
        compose_all(combinations, config, loader)
    assert str(caught.value) == str(wanted)
