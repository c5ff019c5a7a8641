"""Applies the settings of `runtime` once a script has imported TensorFlow, and never imports it."""

from __future__ import annotations

from importlib import import_module

from runner.config.schema import Config


def apply_settings(config: Config) -> None:
    """Apply the settings of `runtime`, now that Keras and TensorFlow are imported.

    Raises:
        ConfigError: A GPU is required and TensorFlow sees none.
    """
    import_module("runner.tasks.keras.runtime").apply_runtime(config)
