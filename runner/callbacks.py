"""What happens before Hydra starts a single run: the config is checked, the directory claimed."""

from __future__ import annotations

from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, open_dict

from runner.errors import PastHydra
from runner.schema import Strategy, is_runner_config
from runner.seeds import draw
from runner.sweep import claim
from runner.validate import validate


class PrepareRun(Callback):
    """Hydra calls this before it makes the run's directory, so that bad input leaves nothing."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the config, claim a directory, and draw the seed of a random run."""
        if not is_runner_config(config):
            return
        try:
            validate(config)
            directory = claim(str(config.hydra.run.dir), "hydra.run.dir")
        except Exception as error:
            raise PastHydra from error
        with open_dict(config):
            config.hydra.run.dir = str(directory)
        if config.seed.strategy is Strategy.random and config.seed.value is None:
            config.seed.value = draw(1)[0]
