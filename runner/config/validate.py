"""Checks of a config that its types alone cannot make; each error is one line naming the key."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf

from runner.config.checks.claim_checks import check_claim
from runner.config.checks.output_names import check_output_names, find_declared_outputs
from runner.config.checks.repeat_checks import check_repeats
from runner.config.checks.resume_checks import check_resumes
from runner.config.checks.row_settings import check_resample, check_split
from runner.config.checks.train_checks import check_train
from runner.config.checks.unused_keys import check_overrides, check_task_settings
from runner.config.foreign_keys import suggest_key
from runner.config.grids.content import Content, write_plainly
from runner.config.instantiate import check_callable
from runner.config.model_graph import check_graphs
from runner.config.nodes import to_dataclass, to_values, without_hydra
from runner.config.schema import (
    RUN_KEYS,
    SOURCES,
    Config,
    Perturb,
    Scope,
    Strategy,
    walk,
)
from runner.config.task_kinds import TASKS, check_task
from runner.errors import ConfigError, nearest
from runner.trust.arguments import check_arguments
from runner.trust.model_files import check_model_files
from runner.trust.names import check_application, check_target
from runner.trust.secrets import check_claims, conceal_error


def validate(cfg: DictConfig, overrides: Sequence[str] = ()) -> Content:
    """Check a composed config beyond its types, without importing or running what it names.

    Args:
        cfg: a composed config.
        overrides: those that it was composed with, each with one value, as far as they are to be
            checked too.

    Returns:
        The content of the config.

    Raises:
        ConfigError: the config breaks a rule; the message names the key, the rule, the value
            received and the nearest valid one, with values from the environment concealed.
    """
    bare = without_hydra(cfg)
    try:
        written = write_plainly(bare)
        _check_complete(written)
        content = Content(written, to_values(bare), to_dataclass(bare))
        _check_values(content, lambda: bare)
        check_overrides(content, overrides)
    except ConfigError as error:
        raise conceal_error(error, bare) from None
    return content


def check_content(content: Content, make_config: Callable[[], DictConfig]) -> None:
    """Check a config as `validate` does, given its content.

    Args:
        content: the content of the config.
        make_config: makes the config itself, which is only needed where something is wrong, or
            where claims could hold secrets.

    Raises:
        ConfigError: as by `validate`.
    """
    try:
        _check_complete(content.written)
        _check_values(content, make_config)
    except ConfigError as error:
        raise conceal_error(error, without_hydra(make_config())) from None


def _check_complete(written: dict[str, Any]) -> None:
    """Refuse unknown keys, missing values, and values that refer to a key of runs.

    Args:
        written: the config as plain values, with nothing resolved.
    """
    _check_keys(written, Config)
    if missing := list(find_missing(written)):
        given = " ".join(f"{key}=VALUE" for key in missing)
        raise ConfigError(", ".join(missing), f"must be given, as {given}")
    texts = repr(written)
    for key in RUN_KEYS:
        # A value that refers to the key would turn each run into a configuration of its own, with
        # no other run to compare it with.
        if f"${{{key}" in texts:
            raise ConfigError(
                key, "tells runs of one configuration apart", f"${{{key}}} in a value"
            )


def _check_values(content: Content, make_config: Callable[[], DictConfig]) -> None:
    # What is declared is checked as plain values: as dataclasses it could hold others, where an
    # interpolation refers to a part of the schema, and what lies in these would not be seen.
    config, plain = content.typed, content.values
    for key, rules in _list_fields():
        _check_range(key, _find(config, key), rules)
    check_repeats(config)
    _check_seed(config.seed)
    _check_perturb(config)
    check_task(config)
    check_train(config, plain["train"]["callbacks"])
    check_resumes(config)
    check_split(config)
    check_resample(config)
    declared = TASKS[config.task.kind].declared
    targets = {"model": plain["model"], "data.source": plain["data"]["source"]} if declared else {}
    if declared and "augment" in config.train.pipeline:
        targets["train.augment.function"] = plain["train"]["augment"]["function"]
    for key, node in targets.items():
        if not isinstance(node, dict) or "_target_" not in node:
            raise ConfigError(key, "must have a _target_, the callable to use", _shown(node))
    for index, claim in enumerate(plain["claims"]):
        check_claim(f"claims[{index}]", claim, config.train.evaluate)
    if config.claims:
        check_claims(without_hydra(make_config()))
    for code, reason in config.ignore.items():
        _check_ignored(f"ignore.{code}", str(code), reason)
    _check_targets(plain, "", declared)
    check_arguments(config, plain)
    check_task_settings(content)  # what needs trust is told of first
    if declared:
        check_graphs(plain["model"], "model")
        check_model_files(plain["model"], "model")
        if outputs := find_declared_outputs(plain["model"]):
            check_output_names(config.train, outputs)


@cache
def _list_fields() -> list[tuple[str, Any]]:
    """Return the dotted key of each field, and its bounds."""
    return [(key, item.metadata) for key, item in walk()]


def _find(config: Config, key: str) -> Any:
    """Return the value of a dotted key; None if a node above it is null."""
    node: Any = config
    for name in key.split("."):
        node = getattr(node, name, None)
    return node


def _check_keys(node: Mapping[str, Any], kind: type, prefix: str = "") -> None:
    """Refuse keys that the schema lacks, so that a typo in `+key=value` or a file is noticed."""
    known = {item.name: item for item in fields(kind)}
    for name in node:
        key = prefix + str(name)
        if name not in known:
            hint = suggest_key(key, [prefix + field for field in known])
            raise ConfigError(key, "is not a key of the config", node[name], hint)
        inner = known[str(name)].default_factory
        if isinstance(inner, type) and is_dataclass(inner) and isinstance(node[name], dict):
            _check_keys(node[name], inner, f"{key}.")


def missing_keys(cfg: DictConfig) -> list[str]:
    """Return the dotted keys of all mandatory values that a config still lacks."""
    # Interpolations stay unresolved: one that refers to a missing value would raise an error
    # before all missing keys are known.
    return list(find_missing(OmegaConf.to_container(cfg, resolve=False)))


def find_missing(node: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys of the mandatory values that a plain config lacks."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if value == MISSING:
            yield f"{prefix}{name}"
        else:
            yield from find_missing(value, f"{prefix}{name}.")


def _check_ignored(key: str, code: str, reason: str | None) -> None:
    """Refuse what cannot be the code of a finding, and a code without a reason."""
    if re.fullmatch(r"OBS\d{3}", code) is None:
        rule = "must be the code of a finding, as `python -m runner report --rules` lists"
        raise ConfigError(key, rule, code, "Such as OBS101")
    if not reason or not reason.strip():
        raise ConfigError(key, "must say why the finding is expected", "nothing")


def _check_targets(node: Any, prefix: str, used: bool) -> None:
    """Refuse each `_target_` that is malformed, untrusted or in a package that is not installed.

    Nothing is imported.

    Args:
        node: a node of the config.
        prefix: its dotted key; empty for the whole config.
        used: whether a run instantiates targets; where it does not, they only need trust, as code
            of the user's gets the config.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            _check_targets(item, f"{prefix}[{index}]", used)
    elif isinstance(node, dict):
        if "_target_" in node:
            check_application(prefix, node)
        for name in node:
            key = f"{prefix}.{name}" if prefix else str(name)
            if name == "_target_" and used:
                check_callable(key, str(node[name]))
            elif name == "_target_":
                check_target(key, str(node[name]))
            else:
                _check_targets(node[name], key, used)


def _check_range(key: str, value: Any, rules: Any) -> None:
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not math.isfinite(value):
        raise ConfigError(key, "must be finite", value)
    checks = (
        ("ge", "at least", operator.ge),
        ("gt", "greater than", operator.gt),
        ("le", "at most", operator.le),
        ("lt", "less than", operator.lt),
    )
    for name, words, holds in checks:
        bound = rules.get(name)
        if bound is not None and not holds(value, bound):
            raise ConfigError(key, f"must be {words} {bound}", value)


def _check_seed(seed: Any) -> None:
    if seed.strategy is Strategy.unset and seed.value is not None:
        raise ConfigError(
            "seed.value", "is not used by seed=unset", seed.value, "Use seed=fixed or seed=derived"
        )
    if seed.strategy in (Strategy.fixed, Strategy.derived) and seed.value is None:
        raise ConfigError("seed.value", f"is needed by seed={seed.strategy.name}", "null")
    if seed.strategy is not Strategy.unset and len(seed.generators) == 0:
        rule = f"must name a generator to seed with seed={seed.strategy.name}"
        raise ConfigError("seed.generators", rule, "[]", "Use seed=unset to seed none")
    if seed.strategy is Strategy.derived and seed.scope is Scope.call:
        rule = "derived seeds drive training too; use process or build"
        raise ConfigError("seed.scope", rule, "call")
    if seed.vary == "all":
        return
    rule = f"must be all or a list of {', '.join(SOURCES)}"
    if not isinstance(seed.vary, list):
        raise ConfigError("seed.vary", rule, _shown(seed.vary))
    for source in seed.vary:
        if source not in SOURCES:
            raise ConfigError("seed.vary", rule, source, nearest(str(source), SOURCES))


def _check_perturb(cfg: Config) -> None:
    seeded = cfg.seed.strategy in (Strategy.derived, Strategy.random)
    if cfg.perturb is Perturb.random_ulp and not seeded:
        rule = "draws another weight in each run, which seed=derived or seed=random must say"
        raise ConfigError("perturb", rule, cfg.perturb.name)


def _shown(value: Any) -> Any:
    """Return a value as YAML writes it in a message: null for None."""
    return "null" if value is None else value
