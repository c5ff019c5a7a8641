"""Checks the config and claims the directory before Hydra starts a single run."""

from __future__ import annotations

from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, open_dict

from runner.config.compose import ComposedConfiguration
from runner.config.nodes import is_runner_config, list_overrides
from runner.config.overrides import check_choices
from runner.config.seeds import draw_seed
from runner.config.validate import validate
from runner.errors import ConfigError, PastHydra
from runner.lint.preview import Comments, Preview, preview_all
from runner.record.directories import claim_directory


class DryRun(BaseException):
    """Carries the preview of a dry run past Hydra before anything is written; see PastHydra."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        super().__init__()


class PrepareRun(Callback):
    """A callback that runs before Hydra makes the run's directory, so bad input leaves no files."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the config, claim a directory, and draw the seed of a random run.

        Raises:
            DryRun: The config asks for a preview only.
            PastHydra: The config is wrong; its cause says how.
        """
        if not is_runner_config(config):
            return
        try:
            overrides = list_overrides(config.hydra)
            check_choices(overrides)
            validate(config, overrides)
            if config.resume is not None:
                raise ConfigError("resume", "is for a sweep: add -m", config.resume)
            if config.dry_run:
                raise DryRun(_preview(config))
            directory = claim_directory(str(config.hydra.run.dir), "hydra.run.dir")
        except Exception as error:
            raise PastHydra from error
        with open_dict(config):
            config.hydra.run.dir = str(directory)
        seed = draw_seed(config)
        if seed is not None:
            config.seed.value = seed


def _preview(config: DictConfig) -> Preview:
    configurations = [ComposedConfiguration(tuple(list_overrides(config.hydra)), config)]
    comments = Comments.of(configurations, GlobalHydra.instance().config_loader())
    (preview,) = preview_all(configurations, comments, repeated=False)
    return preview
