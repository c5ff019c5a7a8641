"""Previews what a sweep or a run would do, without doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from runner.config.compose import ComposedConfiguration, find_config_files, find_overridden
from runner.config.schema import is_auto, most_replicates
from runner.lint import lint
from runner.lint.places import Places
from runner.lint.rule import Finding
from runner.plan.schedule import most_replays, repetition
from runner.static.facts import ConfigFacts
from runner.static.predict import Prediction, predict


@dataclass(frozen=True)
class Preview:
    """What is known about one configuration before it runs."""

    overrides: dict[str, str]
    """Config key to value, as given on the command line."""
    runs: int
    """Number of runs that it would make, replays and resumed ones included."""
    most: int
    """The same if `replicates=auto` makes as many as it may."""
    prediction: Prediction
    findings: tuple[Finding, ...]
    """Findings, without those that comments silence."""
    silenced: int
    """Number of findings that comments silence."""


@dataclass(frozen=True)
class Comments:
    """The `# noqa` comments in the files that configurations may be made of."""

    hydra: DictConfig
    """Hydra's own node of one configuration."""
    loader: ConfigLoader
    groups: frozenset[str]
    """Groups from which configurations chose a file."""

    @classmethod
    def of(cls, configurations: Sequence[ComposedConfiguration], loader: ConfigLoader) -> Comments:
        """Take the groups and Hydra's node from composed configurations, which must have it."""
        composed = {id(each.composed): each.composed for each in configurations}.values()
        groups = {str(group) for each in composed for group in each.hydra.runtime.choices}
        return cls(configurations[0].composed.hydra, loader, frozenset(groups))

    @property
    def roots(self) -> list[Path]:
        """Return the directories of configs; a file in an earlier one hides those in later ones."""
        sources = self.hydra.runtime.config_sources
        return [Path(each.path) for each in sources if each.schema == "file"]

    def exist(self) -> bool:
        """Return whether any file has such a comment.

        If none has, there is no need to find out which files a configuration is made of, which
        takes as long as composing it.
        """
        return any(
            "noqa" in path.read_text("utf-8", "ignore").lower() for path in self._find_files()
        )

    def _find_files(self) -> Iterator[Path]:
        for root in self.roots:
            for folder in ("", *self.groups):
                yield from (root / folder).glob("*.yaml")

    def find_places(self, overrides: Sequence[str]) -> Places:
        """Return where the keys of a configuration with these overrides are set."""
        given = [*self.hydra.overrides.hydra, *overrides]
        name = self.hydra.job.config_name
        files = find_config_files(self.loader, name, given, self.roots)
        return Places(files, None, find_overridden(overrides))


def preview_all(
    configurations: Sequence[ComposedConfiguration], comments: Comments, repeated: bool
) -> list[Preview]:
    """Return what is known about valid configurations before they run.

    Args:
        configurations: The configurations.
        comments: The comments in the files that they are made of.
        repeated: Whether they run with replicates, replays and resumes, or once.

    Raises:
        ConfigError: A configuration cannot be repeated as it says, or a comment names an unknown
            rule.
    """
    silencing = comments.exist()
    return [
        _preview(each, comments.find_places(each.overrides) if silencing else None, repeated)
        for each in configurations
    ]


def _preview(
    configuration: ComposedConfiguration, places: Places | None, repeated: bool
) -> Preview:
    subject = ConfigFacts.of_content(configuration.content)
    findings = lint(subject)
    kept = [each for each in findings if not (places and places.silence(each.code, each.key))]
    runs = most = 1
    if repeated:
        asked = repetition(subject.config)
        runs = most = asked.runs
        if is_auto(subject.config):
            replays = most_replays(subject.config)
            most = most_replicates(subject.config) + replays + len(asked.resumes)
    return Preview(
        overrides=configuration.described,
        runs=runs,
        most=most,
        prediction=predict(subject),
        findings=tuple(kept),
        silenced=len(findings) - len(kept),
    )
