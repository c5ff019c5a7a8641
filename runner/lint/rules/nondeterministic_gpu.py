"""RUN5xx, the runtime."""

from __future__ import annotations

from runner.config.schema import Device
from runner.lint.rule import Seen
from runner.static.facts import ConfigFacts


def nondeterministic_gpu(subject: ConfigFacts) -> Seen:
    """Runs use a GPU without deterministic operations.

    ## What it does
    Looks for `runtime.device: gpu` with `runtime.op_determinism: false`. With `device: auto` it
    cannot tell where a run will compute, and finds nothing.

    ## Why is this bad
    Some operations then add numbers in an order that depends on the timing of threads, as
    TensorFlow's documentation of `enable_op_determinism` says, so equal seeds need not give equal
    bits. Training amplifies the difference: changing one weight by one bit makes results vary as
    much as a new seed does (Summers and Dinneen, 2021).

    ## Example
    ```yaml
    runtime:
      device: gpu
      op_determinism: false
    ```

    ## Use instead
    ```yaml
    runtime:
      device: gpu
      op_determinism: true
    ```
    """
    runtime = subject.config.runtime
    if runtime.device is Device.gpu and not runtime.op_determinism:
        yield (
            "runtime.op_determinism",
            "a GPU may add numbers in another order in each run, so equal seeds need not give equal"
            " bits; use runtime.op_determinism=true",
        )
