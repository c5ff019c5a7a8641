"""What happens before Hydra starts a single run: the config is checked, the directory claimed."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, open_dict

from runner.diagnose import diagnose
from runner.schema import Strategy, is_runner_config, validate
from runner.seeds import draw
from runner.sweep import claim


class PrepareRun(Callback):
    """Hydra calls this before it makes the run's directory, so that bad input leaves nothing."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the config, claim a directory, and draw the seed of a random run."""
        if not is_runner_config(config):
            return
        try:
            validate(config)
        except Exception as error:
            # Hydra makes a warning of what a callback raises and goes on, but lets an exit pass.
            wrong = diagnose(error)
            if wrong is None:
                traceback.print_exc()
                sys.exit(1)
            print(wrong, file=sys.stderr)
            sys.exit(2)
        with open_dict(config):
            config.hydra.run.dir = str(claim(str(config.hydra.run.dir), "run.log"))
        if config.seed.strategy is Strategy.random and config.seed.value is None:
            config.seed.value = draw(1)[0]
