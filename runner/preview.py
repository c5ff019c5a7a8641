"""What a sweep or a run would do, told without doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.alone import described_overrides
from runner.lint import Finding, lint
from runner.lint.places import File, Places
from runner.plan import repetition
from runner.static.predict import Prediction, predict
from runner.static.subject import Subject


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
    def of(cls, composed: Sequence[DictConfig], loader: ConfigLoader) -> Comments:
        """Look at composed configs, Hydra's node included."""
        groups = {str(group) for each in composed for group in each.hydra.runtime.choices}
        return cls(composed[0].hydra, loader, frozenset(groups))

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
        """Find the files that a configuration is made of, in the order in which they are merged."""
        given = [*self.hydra.overrides.hydra, *overrides]
        name = self.hydra.job.config_name
        defaults = self.loader.compute_defaults_list(name, given, RunMode.RUN).defaults
        files = []
        for each in defaults:
            candidates = [root / f"{each.config_path}.yaml" for root in self.roots]
            path = next((path for path in candidates if path.is_file()), None)
            if path is not None and not str(each.package).startswith("hydra"):
                files.append(File(path, each.package or ""))
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        overridden = frozenset(override.key_or_group for override in parsed)
        return Places(tuple(files), None, overridden)


def preview_all(
    combinations: Sequence[Sequence[str]],
    composed: Sequence[DictConfig],
    comments: Comments,
    repeated: bool,
) -> list[Preview]:
    """Tell what is known of valid configurations.

    Args:
        combinations: the overrides of each.
        composed: what each is composed to; Hydra's node may be missing.
        comments: of the files that they are made of.
        repeated: whether they run with replicates and replays, or once.

    Raises:
        ConfigError: one cannot be repeated as it says, or a comment silences a rule that there is
            not.
    """
    silencing = comments.silence_anything()
    return [
        _preview(cfg, overrides, comments.find_places(overrides) if silencing else None, repeated)
        for overrides, cfg in zip(combinations, composed, strict=True)
    ]


def _preview(
    cfg: DictConfig, overrides: Sequence[str], places: Places | None, repeated: bool
) -> Preview:
    subject = Subject.of(cfg)
    found = lint(subject)
    kept = [each for each in found if not (places and places.silence(each.code, each.key))]
    runs = 1
    if repeated:
        wanted = repetition(subject.config)
        runs = wanted.replicates + wanted.replays
    return Preview(
        overrides=described_overrides(overrides, cfg),
        runs=runs,
        prediction=predict(subject),
        findings=tuple(kept),
        silenced=len(found) - len(kept),
    )
