"""Applies the settings of `runtime` to TensorFlow and Keras. Imports both."""

from __future__ import annotations

import keras
import tensorflow as tf

from runner.config.schema import Config, Device
from runner.errors import ConfigError


def apply_runtime(cfg: Config) -> None:
    """Apply the runtime settings that TensorFlow accepts only before its first operation.

    Raises:
        ConfigError: A GPU is required and TensorFlow sees none.
    """
    runtime = cfg.runtime
    if runtime.intra_op_threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(runtime.intra_op_threads)
    if runtime.inter_op_threads is not None:
        tf.config.threading.set_inter_op_parallelism_threads(runtime.inter_op_threads)
    gpus = tf.config.list_physical_devices("GPU")
    if runtime.device is Device.gpu and not gpus:
        raise ConfigError("runtime.device", "TensorFlow sees no GPU here", "gpu")
    if runtime.device is Device.cpu:
        tf.config.set_visible_devices([], "GPU")
    else:
        for gpu in gpus:
            # Several runs share a GPU, so each may only take memory as it needs it.
            tf.config.experimental.set_memory_growth(gpu, True)
    if runtime.op_determinism:
        tf.config.experimental.enable_op_determinism()
    if runtime.mixed_precision is not None:
        keras.config.set_dtype_policy(runtime.mixed_precision)
