"""Tells which sources of randomness a configuration has, and which it surely lacks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from runner.config.schema import SOURCES, Held
from runner.config.task_kinds import TASKS
from runner.static.declared import LIBRARIES, Declared, find_declared
from runner.static.facts import ConfigFacts
from runner.static.keras_names import (
    Initial,
    Noise,
    find_initials,
    find_noise,
    is_graph,
    is_known,
    is_sequential,
    keras_name,
)
from runner.static.propagation import input_reaches_output
from runner.static.row_facts import RowFacts, describe_rows
from runner.static.training import changes_weights, trains_finitely

SEEDLESS_PACKAGES = (*LIBRARIES, "numpy", "scipy", "sklearn", "pandas", "runner")
"""Packages that seed nothing when they are imported."""


@dataclass(frozen=True)
class Sources:
    """The sources of randomness of a configuration, as far as they are known."""

    subject: ConfigFacts

    @cached_property
    def rows(self) -> RowFacts:
        """The facts that are known about the configuration's rows."""
        return describe_rows(self.subject.config)

    @property
    def splits(self) -> bool:
        """Whether the source `split` may draw which rows are held out."""
        return self.rows.parts != 2 and self.subject.draws_split

    @property
    def draws_rows(self) -> bool:
        """Whether the source `split` may draw anything: test rows, or what is trained on."""
        return self.splits or self.subject.resamples

    @cached_property
    def unknown_callable(self) -> Declared | None:
        """The first part of the task or the model that is not known by its name; None: all are."""
        task, model = self.subject.config.task, self.subject.model
        kind = TASKS[task.kind]
        if not kind.declared:
            return Declared("task", kind.name_code(task), {})
        if not model or not (is_sequential(model[0]) or is_graph(model[0])):
            return model[0] if model else Declared("model", "model", {})
        return next((each for each in model if not is_known(each)), None)

    @cached_property
    def initials(self) -> tuple[Initial, ...]:
        """How each initial weight is set; complete only where all of the model is known."""
        return tuple(how for each in self.subject.model for _, how in find_initials(each))

    @cached_property
    def noises(self) -> tuple[Noise, ...]:
        """The stochastic parts of the layers; complete only where all of the model is known."""
        layers = (each for each in self.subject.model if keras_name(each, "layers"))
        return tuple(noise for each in layers for noise in find_noise(each))

    @property
    def splits_validation(self) -> bool:
        """Whether random rows of the training part are held out for validation."""
        return self.subject.config.train.validation.part is Held.split

    @property
    def noise_is_active(self) -> bool:
        """Whether stochastic layers are active at any time."""
        return self.subject.trains or bool(self.subject.config.probe.training)

    @cached_property
    def changes(self) -> bool | None:
        """Whether training changes weights; see training.changes_weights."""
        if not self.subject.trains_plainly:
            return None
        return changes_weights(self.subject, self.rows, self.training_code)

    @property
    def ends_finite(self) -> bool:
        """Whether weights are bound to end finite; see training.trains_finitely."""
        plain = self.subject.trains_plainly
        return plain and trains_finitely(self.subject, self.rows, self.training_code)

    @cached_property
    def input_reaches_output(self) -> bool:
        """Whether inputs are bound to change outputs; see propagation.input_reaches_output."""
        return input_reaches_output(self.subject)

    @property
    def input_reaches_output_finitely(self) -> bool:
        """Whether inputs reach outputs, and rows and weights are known to be of a usual size."""
        return self.input_reaches_output and self.changes is not None and self.rows.plain

    @property
    def draws_what_changes_output(self) -> bool:
        """Whether a weight is drawn that matters.

        Recurrent weights do not count, as they have no effect if a layer takes a single step.
        """
        return any(
            how is Initial.DRAWN and part != "recurrent"
            for each in self.subject.model
            for part, how in find_initials(each)
        )

    @cached_property
    def helpers(self) -> tuple[Declared, ...]:
        """The unknown callables among the optimizer, the loss and the metrics."""
        modules = ("optimizers", "optimizers.schedules", "losses", "metrics", "callbacks")
        return tuple(
            each
            for name in ("optimizer", "loss", "metrics", "weighted_metrics", "callbacks")
            for each in find_declared(getattr(self.subject.config.train, name), f"train.{name}")
            if not any(keras_name(each, module) for module in modules)
        )

    @cached_property
    def training_code(self) -> str | None:
        """Name of unknown code that training calls; None: there is none."""
        function = self.subject.augmentation
        if function is not None and function.package not in (*LIBRARIES, "runner"):
            return function.target
        return self.helpers[0].target if self.helpers else None

    @cached_property
    def loading_code(self) -> str | None:
        """Name of unknown code that is called before the first build; None: there is none."""
        for module in self.subject.config.data.preload:
            if module.partition(".")[0] not in SEEDLESS_PACKAGES:
                return module
        return self.source if self.rows.draws is None else None

    @property
    def source(self) -> str:
        """The name of the data source."""
        source = self.subject.config.data.source
        return str(source.get("_target_")) if isinstance(source, dict) else str(source)


def absent_sources(subject: ConfigFacts) -> tuple[str, ...]:
    """Return the names of the sources that a configuration surely lacks, in the order of SOURCES.

    A source does not count as absent where an unknown callable may have it.
    """
    if not TASKS[subject.config.task.kind].declared:
        return ()
    sources = Sources(subject)
    known = sources.unknown_callable is None
    absent = {
        "data": sources.rows.draws is False,
        "split": not sources.draws_rows and not sources.splits_validation,
        "init": known and not {Initial.DRAWN, Initial.OPEN} & set(sources.initials),
        "order": not subject.trains or not subject.has("shuffle"),
        "augment": not subject.trains or not subject.has("augment"),
        "dropout": known and not (sources.noises and sources.noise_is_active),
    }
    return tuple(source for source in SOURCES if absent[source])
