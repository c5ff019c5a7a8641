"""Conceals environment values that a config uses, so that they are never stored or shown."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from omegaconf import Container, DictConfig, ListConfig, OmegaConf
from omegaconf.resolvers.oc import env as read_environment

from runner.errors import ConfigError

ENV_INTERPOLATION = re.compile(r"\$\{\s*oc\.env\s*:\s*['\"]?([A-Za-z_]\w*)")
"""The start of `${oc.env:NAME}` or `${oc.env:NAME,default}`, with the name as the group."""

OC_RESOLVER = re.compile(r"\$\{\s*oc\.")
"""The start of a resolver of OmegaConf, which could read a variable whose name is computed."""

_read: set[str] = set()
"""Names of the variables that this process has read through `oc.env`."""

MIN_SECRET_LENGTH = 4
"""Smallest length of a value that is concealed; a shorter one would occur in ordinary words."""

DESCRIPTIVE_FIELDS = ("text", "source")
"""Fields of a claim that are not checked against results."""

Value = TypeVar("Value")
Raised = TypeVar("Raised", bound=Exception)


def watch_environment() -> None:
    """Record from now on the names of all variables that this process reads through `oc.env`.

    Names that are computed by other interpolations cannot be found in any other way. Child
    processes get the resolver with the rest of Hydra's and OmegaConf's state.
    """
    OmegaConf.register_new_resolver("oc.env", _read_environment, replace=True)


@dataclass(frozen=True)
class Secrets:
    """Values that a config takes from the environment."""

    values: Mapping[str, str]
    """Variable name to value, longest value first, as one value may be a part of another."""

    @classmethod
    def of(cls, cfg: Container) -> Secrets:
        """Collect the environment variables that a config uses.

        Values of fewer than MIN_SECRET_LENGTH characters are left out. Interpolations that may
        compute the name of a variable are resolved, without changing the config.
        """
        texts = list(_find_texts(OmegaConf.to_container(cfg, resolve=False)))
        if any(OC_RESOLVER.search(ENV_INTERPOLATION.sub("", text)) for text in texts):
            watch_environment()  # in case no command line has begun to
            _resolve(cfg)
        names = {name for text in texts for name in ENV_INTERPOLATION.findall(text)}
        values = {name: os.environ.get(name, "") for name in sorted(names | _read)}
        known = [item for item in values.items() if len(item[1]) >= MIN_SECRET_LENGTH]
        return cls(dict(sorted(known, key=lambda item: -len(item[1]))))

    def conceal_names(self, named: Mapping[str, Value]) -> dict[str, Value]:
        """Return a mapping with the same values, and environment values concealed in its keys."""
        return {self.conceal(name): value for name, value in named.items()}

    def conceal(self, text: str) -> str:
        """Replace each environment value in a text with `${oc.env:NAME}`.

        A value that a resolver has split or changed is not recognised.
        """
        for name, value in self.values.items():
            text = text.replace(value, f"${{oc.env:{name}}}")
        return text


def check_claims(cfg: DictConfig) -> None:
    """Refuse claims whose check depends on the environment, as the checked values are stored.

    Raises:
        ConfigError: a field of a claim, other than its text and source, holds an environment value.
    """
    secrets = Secrets.of(cfg)
    for index, claim in enumerate(cfg.claims if secrets.values else ()):
        for name, value in claim.items():
            text = str(value)
            if name not in DESCRIPTIVE_FIELDS and secrets.conceal(text) != text:
                rule = "must not come from the environment, as it is stored"
                raise ConfigError(f"claims[{index}].{name}", rule, text)


def conceal_error(error: Raised, cfg: Container) -> Raised:
    """Conceal environment values in an error's arguments, in place, and return the error."""
    secrets = Secrets.of(cfg)
    error.args = tuple(secrets.conceal(str(argument)) for argument in error.args)
    return error


def _find_texts(node: Any) -> Iterator[str]:
    """Yield every text in nested dictionaries and lists, keys included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _find_texts(key)
            yield from _find_texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _find_texts(item)


def _resolve(cfg: Container) -> None:
    """Resolve all values of a config, so that `_read` learns which variables they read."""
    assert isinstance(cfg, DictConfig | ListConfig)
    for key in list(cfg) if isinstance(cfg, DictConfig) else range(len(cfg)):
        with contextlib.suppress(Exception):  # the code that uses the value reports the error
            value = cfg[key]
            if isinstance(value, Container):
                _resolve(value)


def _read_environment(name: Any, *default: Any) -> Any:
    _read.add(str(name))
    return read_environment(name, *default)
