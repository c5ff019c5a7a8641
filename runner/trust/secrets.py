"""Values from the environment, which a config may use and nobody else is to read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TypeVar

from omegaconf import Container, DictConfig, OmegaConf

from runner.errors import ConfigError

NAMED = re.compile(r"\$\{\s*oc\.env\s*:\s*['\"]?([A-Za-z_]\w*)")
"""The start of `${oc.env:NAME}` and `${oc.env:NAME,default}`."""

SHORTEST = 4
"""Characters of a value that is looked for; a shorter one would be found in other words."""

TEXTS = ("text", "source")
"""What a claim says for people."""

Raised = TypeVar("Raised", bound=Exception)


def conceal(text: str, cfg: Container) -> str:
    """Put `${oc.env:NAME}` back in the place of each value that a config took from there.

    A value that a resolver took apart or changed is not recognised.

    Args:
        text: that a person will read or that is stored.
        cfg: the config whose values may be in it; nothing of it is resolved.
    """
    return _conceal(text, _find_values(cfg))


def check_claims(cfg: DictConfig) -> None:
    """Refuse claims whose check depends on the environment, as what is checked is stored.

    Raises:
        ConfigError: a value of a claim, other than its text and source, comes from there.
    """
    values = _find_values(cfg)
    for index, claim in enumerate(cfg.claims if values else ()):
        for name, value in claim.items():
            text = str(value)
            if name not in TEXTS and _conceal(text, values) != text:
                rule = "must not come from the environment, as it is stored"
                raise ConfigError(f"claims[{index}].{name}", rule, text)


def conceal_error(error: Raised, cfg: Container) -> Raised:
    """The error, with its message concealed."""
    error.args = tuple(conceal(str(each), cfg) for each in error.args)
    return error


def _find_values(cfg: Container) -> dict[str, str]:
    """Name of each variable that a config takes from the environment, to its value there."""
    names = NAMED.findall(OmegaConf.to_yaml(cfg, resolve=False))
    values = {name: os.environ.get(name, "") for name in names}
    return {name: value for name, value in values.items() if len(value) >= SHORTEST}


def _conceal(text: str, values: Mapping[str, str]) -> str:
    # The longest first: one may be a part of another.
    for name, value in sorted(values.items(), key=lambda each: -len(each[1])):
        text = text.replace(value, f"${{oc.env:{name}}}")
    return text
