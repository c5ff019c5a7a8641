"""Values from the environment, which a config may use and nobody else is to read."""

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

NAMED = re.compile(r"\$\{\s*oc\.env\s*:\s*['\"]?([A-Za-z_]\w*)")
"""The start of `${oc.env:NAME}` and `${oc.env:NAME,default}`."""

RESOLVED = re.compile(r"\$\{\s*oc\.")
"""A resolver that could read the environment under a name that is put together."""

_read: set[str] = set()
"""Names that this process has read by way of `oc.env`."""

SHORTEST = 4
"""Characters of a value that is looked for; a shorter one would be found in other words."""

TEXTS = ("text", "source")
"""What a claim says for people."""

Value = TypeVar("Value")
Raised = TypeVar("Raised", bound=Exception)


def watch_environment() -> None:
    """Take down from now on which names are read by way of `oc.env`, in this process.

    Those that are put together out of other interpolations can be told in no other way. Processes
    that this one starts get the resolver with the rest of Hydra's and OmegaConf's state.
    """
    OmegaConf.register_new_resolver("oc.env", _read_environment, replace=True)


@dataclass(frozen=True)
class Secrets:
    """What a config takes from the environment."""

    values: Mapping[str, str]
    """Name of each variable to its value, the longest first: one may be a part of another."""

    @classmethod
    def of(cls, cfg: Container) -> Secrets:
        """Look for interpolations, and resolve what may put a name together."""
        texts = list(_find_texts(OmegaConf.to_container(cfg, resolve=False)))
        if any(RESOLVED.search(NAMED.sub("", text)) for text in texts):
            watch_environment()  # also where no command line began to
            _resolve(cfg)
        found = {name for text in texts for name in NAMED.findall(text)}
        values = {name: os.environ.get(name, "") for name in sorted(found | _read)}
        known = [item for item in values.items() if len(item[1]) >= SHORTEST]
        return cls(dict(sorted(known, key=lambda item: -len(item[1]))))

    def conceal_names(self, named: Mapping[str, Value]) -> dict[str, Value]:
        """The same values, under names that are concealed."""
        return {self.conceal(name): value for name, value in named.items()}

    def conceal(self, text: str) -> str:
        """Put `${oc.env:NAME}` back in the place of each value, in what is stored or shown.

        A value that a resolver took apart or changed is not recognised.
        """
        for name, value in self.values.items():
            text = text.replace(value, f"${{oc.env:{name}}}")
        return text


def check_claims(cfg: DictConfig) -> None:
    """Refuse claims whose check depends on the environment, as what is checked is stored.

    Raises:
        ConfigError: a value of a claim, other than its text and source, comes from there.
    """
    secrets = Secrets.of(cfg)
    for index, claim in enumerate(cfg.claims if secrets.values else ()):
        for name, value in claim.items():
            text = str(value)
            if name not in TEXTS and secrets.conceal(text) != text:
                rule = "must not come from the environment, as it is stored"
                raise ConfigError(f"claims[{index}].{name}", rule, text)


def conceal_error(error: Raised, cfg: Container) -> Raised:
    """The error, with its message concealed."""
    secrets = Secrets.of(cfg)
    error.args = tuple(secrets.conceal(str(each)) for each in error.args)
    return error


def _find_texts(node: Any) -> Iterator[str]:
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
    """Resolve what can be, for what it reads."""
    assert isinstance(cfg, DictConfig | ListConfig)
    for key in list(cfg) if isinstance(cfg, DictConfig) else range(len(cfg)):
        with contextlib.suppress(Exception):  # for whoever uses the value to say
            value = cfg[key]
            if isinstance(value, Container):
                _resolve(value)


def _read_environment(name: Any, *default: Any) -> Any:
    _read.add(str(name))
    return read_environment(name, *default)
