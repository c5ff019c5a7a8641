"""Loads a model from a file of Keras (.keras), in its safe mode. Imports Keras."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras

from runner.errors import ConfigError
from runner.tasks.keras.models.stored_weights import freeze
from runner.tasks.keras.models.weight_file import WeightFile, read_file
from runner.text import format_error
from runner.trust.identity import UnknownNameError, check_identity, locate_object
from runner.trust.model_files import CONFIG, WEIGHTS, ModelFile, read_model_file


def load(key: str, path: str, name: str | None = None, trainable: bool | None = None) -> Any:
    """Return the model in a file, with the weights that it has there, and not compiled.

    Keras is given a copy of the file that holds what was checked and nothing else: neither how the
    model was compiled nor the state of an optimizer.

    Args:
        key: dotted key of the node of the config, for errors.
        path: the file, relative to the directory that the program was started in.
        name: name of the model; null: the one in the file.
        trainable: false: none of its weights changes in training.

    Raises:
        ConfigError: the file is missing or damaged, or holds what needs trust that it lacks.
    """
    where = f"{key}.path"
    content = read_file(path, where)
    stored = read_model_file(io.BytesIO(content), where, path)
    if name is not None and isinstance(stored.config.get("config"), dict):
        stored.config["config"]["name"] = name
    custom = _find_own_code(stored, where)
    with (
        TemporaryDirectory() as directory,
        keras.name_scope(name) if name else nullcontext(),
    ):
        copy = Path(directory, "model.keras")
        _write_copy(copy, content, stored, where)
        try:
            model = keras.saving.load_model(copy, custom, compile=False, safe_mode=True)
        except Exception as error:  # a layer may raise anything
            raise ConfigError(where, f"cannot be loaded: {format_error(error)}", path) from error
    if not isinstance(model, keras.Model):
        raise ConfigError(where, "must hold a model", type(model).__name__)
    if trainable is False:
        freeze(model)
    return model


def _find_own_code(stored: ModelFile, key: str) -> dict[str, Any]:
    """Import what a file names of the user's trusted code, by the names that Keras looks for."""
    found = {}
    for name, registered in stored.own_code:
        try:
            check_identity(key, name)
        except UnknownNameError as error:
            rule = f"holds {name}, which cannot be imported"
            raise ConfigError(key, rule, None, format_error(error.__cause__ or error)) from error
        own = locate_object(name)
        if registered is not None and keras.saving.get_registered_object(registered) is not own:
            raise ConfigError(key, f"holds {name}, which is not registered as {registered}")
        found[name.rpartition(".")[2]] = own
    return found


def _write_copy(copy: Path, content: bytes, stored: ModelFile, key: str) -> None:
    """Write an archive with what was checked of another one."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as written:
        written.writestr(CONFIG, json.dumps(stored.config))
        for name in stored.others:
            data = archive.read(name)
            if name == WEIGHTS:
                WeightFile.read(data, key)
            written.writestr(name, data)
