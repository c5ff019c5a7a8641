"""Watches the models of PyTorch: what training starts from, takes and leaves, and predictions.

A training begins with the first step of an optimizer. Optimizers that were made before that belong
to it, as the two of an adversarial pair do; one that is made later begins another training.
"""

from __future__ import annotations

import importlib
import threading
import weakref
from collections import Counter
from types import ModuleType
from typing import Any

import numpy as np

from runner.observe.generators.torch_random import GENERATOR, note_draw, state_digest
from runner.observe.libraries.torch_loaders import LoaderPasses, watch_loaders
from runner.observe.libraries.torch_tensors import (
    Array,
    digest_dataset,
    find_tensors,
    to_array,
    to_numbers,
)
from runner.observe.recorder import Recorder
from runner.observe.replacing import Replacements
from runner.observe.user_frames import caller
from runner.record.fingerprint import digest

MAX_KEPT = 1 << 24
"""Numbers of predictions that are kept; of more, those of the last batches are."""


class Predictions:
    """The outputs of the model that was asked last, batch by batch."""

    def __init__(self) -> None:
        self.at = 0
        """When the last of them was made."""
        self._model: Any = None
        self._pass = 0
        self._parts: list[tuple[Any, Any]] = []
        """Inputs, if they are one tensor, and outputs of each batch."""

    def add(self, model: Any, inputs: Any, outputs: Any, begun: int) -> None:
        """Add a batch. Another model, another pass or outputs of another shape begin anew."""
        before = self._parts[-1][1] if self._parts else None
        same = before is not None and before.shape[1:] == outputs.shape[1:]
        if self._model is None or self._model() is not model or self._pass != begun or not same:
            self._parts.clear()
        self._model, self._pass = weakref.ref(model), begun
        self._parts.append((inputs, outputs))
        while len(self._parts) > 1 and self._count() > MAX_KEPT:
            self._parts.pop(0)

    def forget(self) -> None:
        """Forget them: the weights are others now."""
        self._parts.clear()

    def _count(self) -> int:
        return sum(outputs.numel() for _, outputs in self._parts)

    def join(self, *, inputs: bool = False) -> Array | None:
        """Return all outputs, or all inputs, below each other; None where there are none."""
        parts = [each[0 if inputs else 1] for each in self._parts]
        if not parts or any(each is None for each in parts):
            return None
        arrays = [each for each in map(to_numbers, parts) if each is not None]
        if len(arrays) < len(parts) or len({each.shape[1:] for each in arrays}) > 1:
            return None
        return np.concatenate(arrays)


class TorchWatch:
    """What is known of the models of a script."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.fits = 0
        """Number of trainings that began."""
        self.predictions = Predictions()
        self.trained_at = 0
        """When the last training began."""
        self.passes = LoaderPasses(recorder, self._reach)
        self._models: list[weakref.ref[Any]] = []
        """Modules that were called, or asked for their parameters, by no other module."""
        self._waiting: weakref.WeakSet[Any] = weakref.WeakSet()
        """Optimizers that have taken no step."""
        self._stepping: weakref.WeakSet[Any] = weakref.WeakSet()
        self._owners: list[tuple[str, Any]] = []
        """The modules that the current training trains, each with how its names begin."""
        self._loose: list[Any] = []
        """Parameters that it trains and that are in none of them."""
        self._trained: list[Any] = []
        """All parameters that its optimizers change."""
        self._given: list[Any] = []
        """What the first call in training since the last step was given."""
        self._inside = threading.local()

    @property
    def last_weights(self) -> list[Array]:
        """The parameters that were trained last, as they are now."""
        return [each for each in map(to_numbers, self._trained) if each is not None]

    def is_inside(self) -> bool:
        """Whether a module is being called in this thread."""
        return getattr(self._inside, "now", False)

    def enter(self, inside: bool) -> None:
        """Note that the call of a module begins or ends in this thread."""
        self._inside.now = inside

    def know(self, model: Any) -> bool:
        """Keep a module in mind that the script uses; return whether it has parameters."""
        if any(each() is model for each in self._models):
            return True
        if next(model.parameters(), None) is None:  # a loss, or an activation
            return False
        self._models = [each for each in self._models if each() is not None]
        self._models.append(weakref.ref(model))
        return True

    def take_call(self, torch: ModuleType, model: Any, given: tuple[Any, ...], made: Any) -> None:
        """Take the outputs of a call; those that are not for training are predictions."""
        if not self.know(model):
            return
        if model.training and torch.is_grad_enabled():
            # The next model may be given what the first one made.
            self._given = self._given or list(given)
            return
        outputs = next(find_tensors(made), None)
        if outputs is None or not outputs.ndim or not len(outputs):
            return
        single = len(given) == 1 and isinstance(given[0], torch.Tensor)
        inputs = given[0].detach() if single else None
        self.predictions.add(model, inputs, outputs.detach(), self.passes.begun)
        self.predictions.at = self.recorder.tick()

    def make_optimizer(self, optimizer: Any) -> None:
        """Note that an optimizer was made."""
        self._waiting.add(optimizer)

    def step(self, optimizer: Any) -> None:
        """An optimizer is about to take a step."""
        if self.recorder.is_quiet:
            return
        self.passes.step(max(self.fits - 1, 0) if optimizer in self._stepping else self.fits)
        self.predictions.forget()
        if optimizer not in self._stepping:
            with self.recorder.quiet():
                self._begin([optimizer, *(each for each in self._waiting if each is not optimizer)])
        self._given = []

    def _begin(self, optimizers: list[Any]) -> None:
        """Begin a training: record the rows that are seen first, and the initial weights."""
        self._leave_weights()
        self.fits += 1
        self.trained_at = self.recorder.tick()
        self._stepping.update(optimizers)
        self._waiting.clear()
        number = self.fits - 1
        latest = self.passes.latest
        if latest is not None and latest.trained == number:
            held = digest_dataset(latest.dataset)
            self._reach(number, {} if held is None else {"data/dataset": held})
        else:
            arrays = [to_array(each) for each in find_tensors(self._given)]
            kept = [each for each in arrays if each is not None]
            self._reach(number, {"data/batch0": digest(*kept)} if kept else {})
        groups = [group["params"] for each in optimizers for group in each.param_groups]
        self._trained = [parameter for group in groups for parameter in group]
        self._find_owners()
        self._reach(number, self._fingerprint("init"))

    def finish(self) -> None:
        """Record what is known only when the script has ended."""
        self.passes.end_all()
        self._leave_weights()

    def _leave_weights(self) -> None:
        if self.fits:
            self._reach(self.fits - 1, self._fingerprint("weights"))

    def _find_owners(self) -> None:
        """Find the modules of which some parameter is trained, and that are part of no other."""
        trained = {id(each) for each in self._trained}
        alive = [each for each in (known() for known in self._models) if each is not None]
        inner = {id(part) for each in alive for part in each.modules() if part is not each}
        owners = [
            each
            for each in alive
            if id(each) not in inner and any(id(part) in trained for part in each.parameters())
        ]
        counts: Counter[str] = Counter()
        self._owners = []
        for owner in owners:
            kind = type(owner).__name__
            number = f":{counts[kind]}" if counts[kind] else ""
            counts[kind] += 1
            self._owners.append((f"{kind}{number}." if len(owners) > 1 else "", owner))
        owned = {id(part) for owner in owners for part in owner.parameters()}
        self._loose = [each for each in self._trained if id(each) not in owned]

    def _fingerprint(self, kind: str) -> dict[str, str]:
        """Return the stage `KIND/NAME` of each weight of the current training."""
        named = [
            (f"{prefix}{name}", each)
            for prefix, owner in self._owners
            for name, each in [
                *owner.named_parameters(),
                # Statistics that a layer keeps have seen a batch when the first step is taken.
                *(owner.named_buffers() if kind == "weights" else ()),
            ]
        ]
        named += [(f"parameter{index}", each) for index, each in enumerate(self._loose)]
        arrays = {name: to_array(each) for name, each in named}
        return {
            f"{kind}/{name}": digest(array) for name, array in arrays.items() if array is not None
        }

    def _reach(self, training: int, stages: dict[str, str]) -> None:
        prefix = f"fit[{training}]/" if training else ""
        self.recorder.reach({f"{prefix}{stage}": each for stage, each in stages.items()})


def watch_models(recorder: Recorder, replacements: Replacements) -> TorchWatch:
    """Watch the models of PyTorch, as soon as it is imported."""
    watched = TorchWatch(recorder)
    replacements.when_imported("torch", lambda torch: _watch(torch, watched, replacements))
    return watched


def _watch(torch: ModuleType, watched: TorchWatch, replacements: Replacements) -> None:
    watch_loaders(torch, watched.passes, watched.recorder, replacements)
    optimizer = importlib.import_module("torch.optim.optimizer")
    hook = optimizer.register_optimizer_step_pre_hook(lambda each, *_: watched.step(each))
    replacements.when_undone(hook.remove)
    module = torch.nn.Module
    replacements.replace(module, "__call__", lambda function: _wrap_call(torch, function, watched))
    replacements.replace(module, "parameters", lambda function: _wrap_parameters(function, watched))
    replacements.replace(
        torch.optim.Optimizer, "__init__", lambda function: _wrap_init(function, watched)
    )
    replacements.replace(
        torch.Tensor, "backward", lambda function: _wrap_backward(function, watched)
    )


def _wrap_call(torch: ModuleType, function: Any, watched: TorchWatch) -> Any:
    recorder, compiling = watched.recorder, torch.compiler.is_compiling

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        # A compiler that follows this code must see nothing but the original function.
        if compiling() or watched.is_inside() or recorder.is_quiet:
            return function(self, *args, **kwargs)
        drawn = recorder.draws
        unseeded = self.training and GENERATOR not in recorder.seeds
        before = state_digest(torch) if unseeded else ""
        watched.enter(True)
        try:
            made = function(self, *args, **kwargs)
        finally:
            watched.enter(False)
        # Compiled code draws past the functions that are watched.
        if unseeded and recorder.draws == drawn and state_digest(torch) != before:
            note_draw(torch, recorder, caller(1), type(self).__name__, before)
        with recorder.quiet():
            watched.take_call(torch, self, (*args, *kwargs.values()), made)
        return made

    return __call__


def _wrap_parameters(function: Any, watched: TorchWatch) -> Any:
    """Know the modules whose parameters the user asks for, to give them to an optimizer."""

    def parameters(self: Any, recurse: bool = True) -> Any:
        recorder = watched.recorder
        if not recorder.is_quiet and recorder.frames.is_user(caller(1).f_code):
            with recorder.quiet():
                watched.know(self)
        return function(self, recurse)

    return parameters


def _wrap_init(function: Any, watched: TorchWatch) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        function(self, *args, **kwargs)
        watched.make_optimizer(self)

    return __init__


def _wrap_backward(function: Any, watched: TorchWatch) -> Any:
    def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = function(self, *args, **kwargs)
        latest = watched.passes.latest
        if latest is not None and self.ndim == 0 and not watched.recorder.is_quiet:
            latest.add_loss(self)
        return made

    return backward
