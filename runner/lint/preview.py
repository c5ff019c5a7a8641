"""What a sweep or a run would do, told without doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from runner.config.compose import ComposedConfiguration, find_config_files, find_overridden
from runner.lint import lint
from runner.lint.places import Places
from runner.lint.rule import Finding
from runner.plan.schedule import repetition
from runner.static.facts import ConfigFacts
from runner.static.predict import Prediction, predict


@dataclass(frozen=True)
class Preview:
    """What is known of one configuration before it runs."""

    overrides: dict[str, str]
    """What the command line says of it, key to value."""
    runs: int
    """How many it would make, replays included."""
    prediction: Prediction
    findings: tuple[Finding, ...]
    """Without those that comments silence."""
    silenced: int
    """Findings that comments silence."""


@dataclass(frozen=True)
class Comments:
    """The files that configurations may be made of, and what comments in them silence."""

    hydra: DictConfig
    """Hydra's own node of one of them."""
    loader: ConfigLoader
    groups: frozenset[str]
    """Groups that configurations chose a file of."""

    @classmethod
    def of(cls, configurations: Sequence[ComposedConfiguration], loader: ConfigLoader) -> Comments:
        """Look at composed configurations, Hydra's node included."""
        choices = (each.cfg.hydra.runtime.choices for each in configurations)
        groups = {str(group) for each in choices for group in each}
        return cls(configurations[0].cfg.hydra, loader, frozenset(groups))

    @property
    def roots(self) -> list[Path]:
        """Directories of configs, the first one that has a file wins."""
        sources = self.hydra.runtime.config_sources
        return [Path(each.path) for each in sources if each.schema == "file"]

    def silence_anything(self) -> bool:
        """Whether any file has such a comment: to know of which files a configuration is made
        takes as long as composing it."""
        return any(
            "noqa" in path.read_text("utf-8", "ignore").lower() for path in self._find_files()
        )

    def _find_files(self) -> Iterator[Path]:
        for root in self.roots:
            for folder in ("", *self.groups):
                yield from (root / folder).glob("*.yaml")

    def find_places(self, overrides: Sequence[str]) -> Places:
        """Find where the keys of a configuration with these overrides are set."""
        given = [*self.hydra.overrides.hydra, *overrides]
        name = self.hydra.job.config_name
        files = find_config_files(self.loader, name, given, self.roots)
        return Places(files, None, find_overridden(overrides))


def preview_all(
    configurations: Sequence[ComposedConfiguration], comments: Comments, repeated: bool
) -> list[Preview]:
    """Tell what is known of valid configurations before they run.

    Args:
        configurations: of which Hydra's node may be missing.
        comments: of the files that they are made of.
        repeated: whether they run with replicates and replays, or once.

    Raises:
        ConfigError: one cannot be repeated as it says, or a comment silences a rule that there is
            not.
    """
    silencing = comments.silence_anything()
    return [
        _preview(each, comments.find_places(each.overrides) if silencing else None, repeated)
        for each in configurations
    ]


def _preview(
    configuration: ComposedConfiguration, places: Places | None, repeated: bool
) -> Preview:
    subject = ConfigFacts.of(configuration.cfg)
    found = lint(subject)
    kept = [each for each in found if not (places and places.silence(each.code, each.key))]
    runs = 1
    if repeated:
        wanted = repetition(subject.config)
        runs = wanted.replicates + wanted.replays
    return Preview(
        overrides=configuration.described,
        runs=runs,
        prediction=predict(subject),
        findings=tuple(kept),
        silenced=len(found) - len(kept),
    )
