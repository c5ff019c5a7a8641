"""Watches PyTorch's global generator, and the generators that a script makes for itself.

A new process has a global generator that the system has seeded, but `torch.Generator()` begins with
one fixed number until it is given another.
"""

from __future__ import annotations

import importlib
import inspect
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from runner.observe.generators.given_seeds import settle_global, settle_own
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import UserFrames, caller
from runner.record.fingerprint import digest
from runner.record.timeline import EventKind

GENERATOR = "torch"

FUNCTIONS = (
    "bernoulli", "binomial", "multinomial", "normal", "poisson", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "randperm", "_sample_dirichlet", "_standard_gamma",
)  # fmt: skip
"""Functions of the module that draw from the global generator, unless they are given another."""

METHODS = (
    "bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_",
    "multinomial", "normal_", "random_", "uniform_",
)  # fmt: skip
"""Methods of a tensor that do."""

LAYERS = {
    "alpha_dropout": "p",
    "dropout": "p",
    "dropout1d": "p",
    "dropout2d": "p",
    "dropout3d": "p",
    "feature_alpha_dropout": "p",
    "rrelu": "",
}
"""Functions of `torch.nn.functional` that draw while training, to the argument that must not be 0
for it."""

LOADING = "torch.utils.data"
"""The package of PyTorch's data sets, samplers and loaders."""


def watch(recorder: Recorder, replacements: Replacements) -> None:
    """Record seeds of the global generator, draws from it, and seeds of other generators."""
    replacements.when_imported("torch", lambda torch: _watch(torch, recorder, replacements))


def _watch(torch: ModuleType, recorder: Recorder, replacements: Replacements) -> None:
    drawing = replacements.take_part()
    for name in FUNCTIONS:
        _watch_draw(torch, torch, name, recorder, drawing)
    for name in METHODS:
        _watch_draw(torch, torch.Tensor, name, recorder, drawing)
    for name, share in LAYERS.items():
        _watch_layer(torch, name, share, recorder, drawing)
    _watch_attention(torch, recorder, drawing)
    _watch_split(torch, recorder, drawing)
    _let_script(torch, drawing, replacements)
    for module in (torch, torch.random):
        _watch_seeds(torch, module, recorder, replacements)
    _watch_states(torch, recorder, replacements)
    _watch_class(torch, recorder, replacements)


def state_digest(torch: ModuleType) -> str:
    """Return a digest of the state of the global generator of the processor."""
    return digest(torch.default_generator.get_state().numpy())


def note_draw(
    torch: ModuleType, recorder: Recorder, frame: FrameType, call: str, state: str = ""
) -> None:
    """Record a draw from the global generator.

    Args:
        torch: the library.
        recorder: takes the event.
        frame: that of the call.
        call: what drew.
        state: digest of the generator's state before; empty: it is the state now.
    """

    def describe() -> dict[str, Any]:
        return {
            "generator": GENERATOR,
            "value": state or state_digest(torch),
            "seeded": GENERATOR in recorder.seeds,
        }

    recorder.note(frame, EventKind.DRAW, name_call(recorder.frames, frame, call), describe)


def name_call(frames: UserFrames, frame: FrameType, call: str) -> str:
    """Return how people write what the user called: a layer rather than how its weights are drawn.

    Args:
        frames: tell the user's code.
        frame: that of the call that drew.
        call: the function that drew.
    """
    outermost: FrameType | None = None
    found: FrameType | None = frame
    while found is not None and not frames.is_user(found.f_code):
        if not str(found.f_globals.get("__name__")).startswith("runner."):
            outermost = found
        found = found.f_back
    if found is None or outermost is None:
        return call
    module = str(outermost.f_globals.get("__name__") or "")
    name = outermost.f_code.co_name
    if module.startswith(LOADING):
        return f"{LOADING}.{'random_split' if name == 'random_split' else 'DataLoader'}"
    if module == "torch.nn.init":
        return f"{module}.{name}"
    if name == "__init__" and module.startswith("torch.nn."):
        return f"torch.nn.{outermost.f_code.co_qualname.partition('.')[0]}"
    return call


def _seeds_no_worker(frame: FrameType) -> bool:
    """Return whether a draw is the seed of workers, made by a loader that has none."""
    if frame.f_globals.get("__name__") != f"{LOADING}.dataloader":
        return False
    return getattr(frame.f_locals.get("loader"), "num_workers", None) == 0


def _watch_draw(
    torch: ModuleType, holder: Any, name: str, recorder: Recorder, replacements: Replacements
) -> None:
    call = f"torch.Tensor.{name}" if holder is torch.Tensor else f"torch.{name}"
    compiling = torch.compiler.is_compiling
    ours = (None, torch.default_generator)

    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            # A compiler that follows this code must see nothing but the original function.
            if not compiling() and kwargs.get("generator") in ours and not recorder.is_quiet:
                frame = caller(1)
                if not _seeds_no_worker(frame):
                    note_draw(torch, recorder, frame, call)
            return function(*args, **kwargs)

        return watched

    replacements.replace(holder, name, wrap)


def _watch_layer(
    torch: ModuleType, name: str, share: str, recorder: Recorder, replacements: Replacements
) -> None:
    functional = torch.nn.functional
    compiling = torch.compiler.is_compiling

    def wrap(function: Any) -> Any:
        parameters = inspect.signature(function).parameters
        names = list(parameters)
        usual = {key: parameters[key].default for key in ("training", share) if key}

        def watched(*args: Any, **kwargs: Any) -> Any:
            if not compiling() and not recorder.is_quiet:
                given = usual | dict(zip(names, args, strict=False)) | kwargs
                if given["training"] and (not share or given[share]):
                    note_draw(torch, recorder, caller(1), f"torch.nn.functional.{name}")
            return function(*args, **kwargs)

        return watched

    replacements.replace(functional, name, wrap)


def _watch_attention(torch: ModuleType, recorder: Recorder, replacements: Replacements) -> None:
    compiling = torch.compiler.is_compiling

    def wrap(function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if not compiling() and (kwargs.get("dropout_p") or (len(args) > 4 and args[4])):
                call = "torch.nn.functional.scaled_dot_product_attention"
                note_draw(torch, recorder, caller(1), call)
            return function(*args, **kwargs)

        return watched

    replacements.replace(torch.nn.functional, "scaled_dot_product_attention", wrap)


def _watch_split(torch: ModuleType, recorder: Recorder, replacements: Replacements) -> None:
    """Watch the split of a data set, which knows the function that draws by a name of its own."""
    data, name = importlib.import_module(LOADING), "random_split"

    def wrap(function: Any) -> Any:
        def random_split(*args: Any, **kwargs: Any) -> Any:
            given = args[2] if len(args) > 2 else kwargs.get("generator")
            if given is None or given is torch.default_generator:
                note_draw(torch, recorder, caller(1), f"{LOADING}.{name}")
            return function(*args, **kwargs)

        return random_split

    replacements.replace(data, name, wrap)


def _let_script(torch: ModuleType, drawing: Replacements, replacements: Replacements) -> None:
    """Let TorchScript compile with the original functions: it knows them by their identity."""

    def wrap(function: Any) -> Any:
        def script(*args: Any, **kwargs: Any) -> Any:
            with drawing.lifted():
                return function(*args, **kwargs)

        return script

    replacements.replace(torch.jit, "script", wrap)


def _watch_seeds(
    torch: ModuleType, module: Any, recorder: Recorder, replacements: Replacements
) -> None:
    system = module.seed

    def wrap_seed(function: Any) -> Any:
        def manual_seed(seed: Any) -> Any:
            used = settle_global(recorder, caller(1), GENERATOR, "torch.manual_seed", seed)
            with recorder.quiet():
                if used is None and seed is not None:
                    system()
                    return torch.default_generator
                return function(used)

        return manual_seed

    def wrap_system(function: Any) -> Any:
        def seed() -> Any:
            used = settle_global(recorder, caller(1), GENERATOR, "torch.seed", None)
            with recorder.quiet():
                if used is None:
                    return function()
                torch.manual_seed(used)
                return used

        return seed

    replacements.replace(module, "manual_seed", wrap_seed)
    replacements.replace(module, "seed", wrap_system)


def _watch_states(torch: ModuleType, recorder: Recorder, replacements: Replacements) -> None:
    """Watch states that are kept and put back: one brings the seed back that it came from."""
    kept: dict[str, str | None] = {}

    def wrap_get(function: Any) -> Any:
        def get_rng_state() -> Any:
            state = function()
            kept[digest(state.numpy())] = recorder.seeds.get(GENERATOR)
            return state

        return get_rng_state

    def wrap_set(function: Any) -> Any:
        def set_rng_state(new_state: Any) -> None:
            function(new_state)
            if recorder.is_quiet:
                return
            shown = digest(np.asarray(new_state.cpu()))
            if shown not in kept:
                settle_global(recorder, caller(1), GENERATOR, "torch.set_rng_state", shown)
            elif (seed := kept[shown]) is None:
                recorder.seeds.pop(GENERATOR, None)
            else:
                recorder.seeds[GENERATOR] = seed

        return set_rng_state

    for module in (torch, torch.random):
        replacements.replace(module, "get_rng_state", wrap_get)
        replacements.replace(module, "set_rng_state", wrap_set)


def _watch_class(torch: ModuleType, recorder: Recorder, replacements: Replacements) -> None:
    """Put a class in the place of `torch.Generator` that tells which seeds it is given."""
    original = torch.Generator

    class Meta(type(original)):  # type: ignore[misc]
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original)

    class Generator(original, metaclass=Meta):  # type: ignore[misc,valid-type]
        def manual_seed(self, seed: Any) -> Any:
            call = "torch.Generator.manual_seed"
            used = settle_own(recorder, caller(1), call, seed, direct=True)
            return super().seed() and self if used is None else super().manual_seed(used)

        def seed(self) -> Any:
            used = settle_own(recorder, caller(1), "torch.Generator.seed", None, direct=True)
            if used is None:
                return super().seed()
            super().manual_seed(used)
            return used

    Generator.__module__, Generator.__qualname__ = original.__module__, original.__qualname__
    replacements.put(torch, "Generator", Generator)
