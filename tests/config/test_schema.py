"""What a config may say: help, ranges, and one clear line for each mistake."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf, open_dict

from runner.config import schema
from runner.config.nodes import configuration_id, is_runner_config, to_dataclass, without_hydra
from runner.config.schema import (
    MAX_SEED,
    RUN_KEYS,
    SOURCES,
    STAGES,
    SWEEP_KEYS,
    Config,
    Strategy,
    walk,
)
from runner.config.validate import missing_keys, validate
from runner.errors import ConfigError, nearest

CONF = Path(__file__).resolve().parents[2] / "conf"
FIELDS = dict(walk())
BOUNDS = [
    (key, name, item.metadata[name])
    for key, item in FIELDS.items()
    for name in ("ge", "gt", "le", "lt")
    if item.metadata[name] is not None
]
LIST_OF_SOURCES = "seed.vary: must be all or a list of data, split, init, order, augment, dropout"


def composed(*overrides):
    """Compose conf/ as the command line does."""
    schema.register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(overrides))


@pytest.fixture(scope="module")
def default():
    return composed()


def changed(cfg, values):
    """A copy with keys set, as overrides set them."""
    cfg = copy.deepcopy(cfg)
    for key, value in values.items():
        OmegaConf.update(cfg, key, value, merge=False, force_add=True)
    return cfg


def refusal(cfg, **values):
    """The message of the refusal of a config; keys have __ for dots."""
    with pytest.raises(ConfigError) as caught:
        validate(changed(cfg, {key.replace("__", "."): v for key, v in values.items()}))
    return str(caught.value)


# --- fields


@pytest.mark.parametrize("key", FIELDS)
def test_every_field_has_a_line_of_help(key):
    text = FIELDS[key].metadata["help"]
    assert 3 <= len(text) <= 100
    assert text == text.strip()
    assert "\n" not in text


def test_walk_yields_the_leaves_in_the_order_of_the_config():
    keys = list(FIELDS)
    assert len(keys) == len(set(keys))
    assert keys[0] == "task.kind"
    assert "data.split.seed" in keys
    assert "data.split" not in keys
    leaves = set()

    def collect(node, prefix):
        for name in node:
            # A plain dictionary of the schema is one value, to be filled as a person likes.
            if OmegaConf.is_dict(node._get_node(name)) and node[name]:
                collect(node[name], f"{prefix}{name}.")
            else:
                leaves.add(f"{prefix}{name}")

    collect(OmegaConf.structured(Config), "")
    assert set(keys) == leaves


def test_sweep_and_run_keys_are_keys():
    assert set(SWEEP_KEYS) | set(RUN_KEYS) <= set(Config.__dataclass_fields__)
    # Each one more hides a difference between configurations.
    rounds = ("replicates", "same_replicates", "max_replicates", "budget")
    often = (*rounds, "replays", "resumes", "workers", "runs_per_gpu", "isolation", "timeout_s")
    limits = ("memory_limit_bytes", "retries", "resume", "accept_change")
    assert (
        *often,
        "compare",
        "claims",
        "ignore",
        "trace",
        "stop_at",
        "dry_run",
        *limits,
    ) == SWEEP_KEYS
    assert RUN_KEYS == ("replicate", "replay_of", "resume_of", "resume_at", "stops", "reference")


def test_defaults_are_not_shared_between_configs():
    one, other = Config(), Config()
    one.train.pipeline.append("x")
    one.data.preload.append("x")
    assert "x" not in [*other.train.pipeline, *other.data.preload]


def test_the_default_config_is_valid_and_typed(default):
    validate(default)
    config = to_dataclass(default)
    assert isinstance(config, Config)
    assert config.seed.strategy is Strategy.fixed
    assert config.model["layers"][-1]["units"] == config.data.units == 10


@pytest.mark.composes
@pytest.mark.parametrize("group", ["model", "data", "shuffle", "seed", "train", "runtime"])
def test_every_shipped_choice_is_valid(group):
    choices = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
    assert choices
    for choice in choices:
        missing = missing_keys(composed(f"{group}={choice}"))
        given = {"data.source._target_": "runner.data.digits"}
        cfg = composed(f"{group}={choice}", *(f"{key}={given.get(key, 3)}" for key in missing))
        validate(cfg)
        assert to_dataclass(cfg)


def test_is_runner_config(default):
    assert is_runner_config(default)
    assert is_runner_config(OmegaConf.structured(Config))
    assert not is_runner_config(OmegaConf.create({"model": 1}))


def test_without_hydra_leaves_the_original_alone(default):
    cfg = copy.deepcopy(default)
    with open_dict(cfg):
        cfg.hydra = {"job": {"num": "${nowhere:}"}}
    assert "hydra" not in without_hydra(cfg)
    assert "hydra" in cfg
    assert configuration_id(cfg) == configuration_id(default)
    validate(cfg)
    assert to_dataclass(cfg) == to_dataclass(default)


# --- ranges


def neighbours(key, name, bound):
    """(allowed, refused) values at a bound."""
    whole = "float" not in str(FIELDS[key].type)
    bound = bound if whole else float(bound)
    below = bound - 1 if whole else math.nextafter(bound, -math.inf)
    above = bound + 1 if whole else math.nextafter(bound, math.inf)
    return {
        "ge": (bound, below),
        "le": (bound, above),
        "gt": (above, bound),
        "lt": (below, bound),
    }[name]


@pytest.mark.parametrize(("key", "name", "bound"), BOUNDS)
def test_both_sides_of_every_bound(default, key, name, bound):
    words = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than"}[name]
    allowed, refused = neighbours(key, name, bound)
    # These are only used where the number of runs is open.
    rounds = key.startswith(("budget.", "same_replicates", "max_replicates"))
    default = changed(default, {"replicates": "auto"} if rounds else {})
    validate(changed(default, {key: allowed}))
    message = refusal(default, **{key: refused})
    assert message == f"{key}: must be {words} {bound}. Received: {refused}"


def test_bounds_were_found():
    assert len(BOUNDS) > 30
    assert ("seed.value", "le", MAX_SEED) in BOUNDS
    assert ("compare.confidence", "lt", 1) in BOUNDS


@pytest.mark.parametrize("key", ["compare.rtol", "compare.atol", "compare.confidence", "timeout_s"])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_are_finite(default, key, value):
    assert refusal(default, **{key: value}) == f"{key}: must be finite. Received: {value}"


def test_zero_is_a_valid_seed_everywhere(default):
    keys = ("seed.value", "data.split.seed", "shuffle.seed", "runtime.hash_seed")
    cfg = changed(default, dict.fromkeys(keys, 0))
    validate(cfg)
    assert to_dataclass(cfg).seed.value == 0


# --- mistakes, each one clear line


def test_a_value_under_unset_is_refused(default):
    assert refusal(default, seed__strategy="unset", seed__value=0) == (
        "seed.value: is not used by seed=unset. Received: 0. Use seed=fixed or seed=derived"
    )


@pytest.mark.parametrize("strategy", ["fixed", "derived"])
def test_a_strategy_that_needs_a_value_gets_one(default, strategy):
    assert refusal(default, seed__strategy=strategy, seed__value=None) == (
        f"seed.value: is needed by seed={strategy}. Received: null"
    )


@pytest.mark.parametrize("value", [None, 0, 7])
def test_random_takes_a_value_or_none(default, value):
    cfg = changed(default, {"seed.strategy": "random", "seed.value": value})
    validate(cfg)
    assert to_dataclass(cfg).seed.value == value


@pytest.mark.parametrize(
    ("vary", "received"),
    [
        ("init", "init"),
        (None, "null"),
        (3, "3"),
        (["inti"], "inti. Did you mean 'init'?"),
        (["init", "weather"], "weather"),
        (["all"], "all"),
        (["implementation"], "implementation"),
    ],
)
def test_vary_names_sources(default, vary, received):
    message = refusal(default, seed__strategy="derived", seed__vary=vary)
    assert message == f"{LIST_OF_SOURCES}. Received: {received}"


@pytest.mark.parametrize("vary", ["all", [], ["init"], list(SOURCES)])
def test_vary_takes_all_or_any_list_of_sources(default, vary):
    cfg = changed(default, {"seed.strategy": "derived", "seed.vary": vary})
    validate(cfg)
    assert to_dataclass(cfg).seed.vary == vary


@pytest.mark.parametrize("strategy", ["fixed", "random", "derived"])
def test_seeding_without_a_generator_is_refused(default, strategy):
    assert refusal(default, seed__strategy=strategy, seed__generators=[]) == (
        f"seed.generators: must name a generator to seed with seed={strategy}."
        " Received: []. Use seed=unset to seed none"
    )


def test_no_generator_is_fine_where_nothing_is_seeded(default):
    values = {"seed.strategy": "unset", "seed.value": None, "seed.generators": []}
    cfg = changed(default, values)
    validate(cfg)
    assert to_dataclass(cfg).seed.generators == []


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (
            ["cahce", "batch"],
            f"stages are {', '.join(STAGES)}. Received: cahce. Did you mean 'cache'?",
        ),
        (["zip", "batch"], f"stages are {', '.join(STAGES)}. Received: zip"),
        (["batch", "shuffle", "batch"], "repeats a stage. Received: batch"),
        ([], "needs the stage batch. Received: []"),
        (["cache", "shuffle"], "needs the stage batch. Received: ['cache', 'shuffle']"),
    ],
)
def test_the_pipeline_is_checked(default, pipeline, message):
    assert refusal(default, train__pipeline=pipeline) == f"train.pipeline: {message}"


def test_the_stage_augment_needs_a_function(default):
    stages = ["augment", "batch"]
    assert refusal(default, train__pipeline=stages) == (
        "train.augment.function: is needed by the stage augment. Received: null"
    )
    assert refusal(default, train__pipeline=stages, train__augment__function="noise") == (
        "train.augment.function: must have a _target_, the callable to use. Received: noise"
    )
    function = {"_target_": "runner.augment.add_noise"}
    cfg = changed(default, {"train.pipeline": stages, "train.augment.function": function})
    validate(cfg)
    assert to_dataclass(cfg).train.augment.function == function


@pytest.mark.parametrize("key", ["model", "data.source"])
@pytest.mark.parametrize(
    ("node", "shown"), [(None, "null"), ("mlp", "mlp"), ([1], "[1]"), (3, "3")]
)
def test_what_is_called_needs_a_target(default, key, node, shown):
    assert refusal(default, **{key: node}) == (
        f"{key}: must have a _target_, the callable to use. Received: {shown}"
    )


@pytest.mark.parametrize(
    ("key", "node"),
    [
        ("model._target_", "kreas.Sequential"),
        ("model.layers[1]._target_", "nowhere.layers.Dense"),
        ("train.optimizer._target_", "nowhere.Adam"),
    ],
)
def test_a_target_of_a_package_that_is_not_installed_is_refused(default, key, node):
    package = node.partition(".")[0]
    assert refusal(default, **{key: node}) == (
        f"{key}: package '{package}' is not installed. Received: {node}"
    )


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("replcates", "replcates: is not a key of the config. Received: 3. Did you mean"),
        ("train.epoch", "train.epoch: is not a key of the config. Received: 3. Did you mean"),
        ("data.split.zzz", "data.split.zzz: is not a key of the config. Received: 3"),
    ],
)
def test_an_added_key_is_refused(default, key, message):
    assert refusal(default, **{key: 3}).startswith(message)


@pytest.mark.parametrize(
    ("choice", "key"),
    [
        (["data=npz", "data.units=3"], "data.source.path"),
        (["model=linear", "+model.name=???"], "model.name"),
    ],
)
def test_what_is_missing_is_named(choice, key):
    with pytest.raises(ConfigError) as caught:
        validate(composed(*choice))
    assert str(caught.value) == f"{key}: must be given, as {key}=VALUE"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("key", "rule"), "key: rule"),
        (("key", "rule", 0), "key: rule. Received: 0"),
        (("key", "rule", ""), "key: rule. Received: ''"),
        (("key", "rule", "x", "Did you mean 'y'?"), "key: rule. Received: x. Did you mean 'y'?"),
        (("key", "rule", None, "Hint"), "key: rule. Hint"),
    ],
)
def test_the_form_of_a_config_error(arguments, text):
    error = ConfigError(*arguments)
    assert str(error) == text
    assert error.key == "key"


def test_nearest_says_nothing_when_nothing_is_close():
    assert nearest("inti", SOURCES) == "Did you mean 'init'?"
    assert nearest("weather", SOURCES) is None
    assert nearest("x", []) is None


@pytest.mark.parametrize(
    ("argument", "seed", "reason"),
    [
        ("{seed}", "fixed", None),
        ("{{seed}}", "unset", None),
        ("{{seed.init}}", "fixed", None),
        ("{seed.init}", "derived", None),
        ("{seed.init}", "unset", "seed=unset has no seed to give. Received: {seed.init}"),
        ("{seed.init}", "random", "only {replicate}, {build}, {seed}. Received: {seed.init}"),
        ("{seed}", "derived", "only {replicate}, {build}, {seed.data}, {seed.split}, "),
    ],
)
def test_an_argument_asks_only_for_values_that_runs_have(argument, seed, reason, monkeypatch):
    monkeypatch.setenv("RUNNER_TRUST", "python")
    cfg = composed(
        "task=command", "task.outputs=[a.npy]", f"seed={seed}",
        f'task.command=[python,"{argument}"]',
    )  # fmt: skip
    if reason is None:
        validate(cfg)
        return
    with pytest.raises(ConfigError) as raised:
        validate(cfg)
    assert str(raised.value).startswith("task.command[1]: ")
    assert reason in str(raised.value)
