"""Composes the combinations of a sweep; Hydra composes each set of choices of files only once."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.config_loader import ConfigLoader
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from runner.config.compose import ComposedConfiguration
from runner.config.grids.content import Content, write_plainly
from runner.config.grids.division import Division
from runner.config.grids.followed_content import FollowedContent
from runner.config.grids.template import Template
from runner.config.loader import names_places_by_values
from runner.config.nodes import to_dataclass, to_values
from runner.config.validate import find_missing
from runner.errors import RunnerError
from runner.trust.sizes import check_expansion

Combination = tuple[str, ...]
"""The overrides of a configuration, each with one value."""

UNCERTAIN = (HydraException, OmegaConfBaseException, RunnerError)
"""Errors after which Hydra composes a combination itself, and says what is wrong with it."""


def compose_all(
    combinations: Sequence[Combination], config: DictConfig, loader: ConfigLoader
) -> list[ComposedConfiguration]:
    """Compose every combination of a sweep over our schema, as Hydra's `load_sweep_config` does.

    Args:
        combinations: the overrides of each configuration.
        config: the config of the sweep itself.
        loader: Hydra's config loader.

    Returns:
        The configurations, in the order of the combinations.

    Raises:
        Exception: whatever Hydra raises for a combination that cannot be composed.
    """
    return _Composer(config, loader, combinations).compose_all()


class _Composer:
    """Composes what is swept over."""

    def __init__(
        self, config: DictConfig, loader: ConfigLoader, combinations: Sequence[Combination]
    ) -> None:
        self._config = config
        self._loader = loader
        self._combinations = combinations
        several = len(combinations) > 1
        self._division = Division(self._find_value_keys() if several else frozenset())
        self._is_alike: bool | None = None
        """Whether a config that a template made was seen to equal Hydra's; None: not tried yet."""

    def compose_all(self) -> list[ComposedConfiguration]:
        groups: dict[tuple[Combination, Combination], list[Combination]] = {}
        for each in self._combinations:
            choices = self._division.find_choices(each)
            given = [value.get_key_element() for value in self._division.find_values(each)]
            groups.setdefault((choices, tuple(given)), []).append(each)
        composed: dict[Combination, ComposedConfiguration] = {}
        for (choices, _), group in groups.items():
            for made in self._compose_group(choices, group):
                composed[made.overrides] = made
        return [composed[each] for each in self._combinations]

    def _find_value_keys(self) -> frozenset[str]:
        """Return the keys that give values, and certainly name no group of files."""
        # As they were typed: a directory may be named by what is known only inside a job.
        typed = OmegaConf.to_container(self._config.hydra.overrides.hydra, resolve=False)
        assert isinstance(typed, list)
        given = [*map(str, typed), *self._combinations[0]]
        name = self._config.hydra.job.config_name
        found = self._loader.compute_defaults_list(name, given, RunMode.RUN).config_overrides
        # Hydra also takes a mapping that is given to a group for a value.
        return frozenset(
            str(each.key_or_group)
            for each in found
            if not each.is_hydra_override() and not isinstance(each.value(), dict)
        )

    def _compose(self, combination: Combination) -> ComposedConfiguration:
        cfg = self._loader.load_sweep_config(self._config, list(combination))
        return ComposedConfiguration(combination, cfg)

    def _compose_group(
        self, choices: Combination, group: Sequence[Combination]
    ) -> list[ComposedConfiguration]:
        """Compose combinations with the same choices, which give values to the same keys."""
        template = self._open_template(choices, group[0]) if len(group) > 1 else None
        if template is None:
            return [self._compose(each) for each in group]
        followed: FollowedContent | None = None
        composed = []
        for each in group:
            values = self._division.find_values(each)
            try:
                content = followed.take(values) if followed else None
                if content is None:
                    bare = _drop_hydra(template.make(each))
                    content = _take_content(bare)
                    if content is not None and followed is None:
                        followed = FollowedContent(bare, content, values)
                composed.append(ComposedConfiguration(each, template, content))
            except UNCERTAIN:
                composed.append(self._compose(each))
        return composed

    def _open_template(self, choices: Combination, first: Combination) -> Template | None:
        """Compose what combinations share; None where Hydra must compose each of them."""
        try:
            composed = self._compose(choices).cfg
            if names_places_by_values(composed):
                return None
            template = Template(composed, self._division)
            if self._is_alike is None:
                # Another version of Hydra could do something else once values are given.
                made, own = (
                    OmegaConf.to_container(cfg, resolve=False)
                    for cfg in (template.make(first), self._compose(first).cfg)
                )
                self._is_alike = made == own
        except UNCERTAIN:
            return None
        return template if self._is_alike else None


def _drop_hydra(cfg: DictConfig) -> DictConfig:
    with open_dict(cfg):
        del cfg["hydra"]
    return cfg


def _take_content(bare: DictConfig) -> Content | None:
    """Take the content of a config without Hydra's node; None if it lacks a mandatory value."""
    written = write_plainly(bare)
    check_expansion(written)
    if list(find_missing(written)):
        return None
    return Content(written, to_values(bare), to_dataclass(bare))
