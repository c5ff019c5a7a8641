"""Defines the table of rules, which alone gives a rule its code and severity."""

from __future__ import annotations

from runner.lint.rule import Rule
from runner.lint.rules.batch_holds_all import batch_holds_all
from runner.lint.rules.batch_norm_of_one_row import batch_norm_of_one_row
from runner.lint.rules.best_not_kept import best_not_kept
from runner.lint.rules.constant_initializer import constant_initializer
from runner.lint.rules.dropout_on_outputs import dropout_on_outputs
from runner.lint.rules.falsy_seed import falsy_seed
from runner.lint.rules.few_replicates import few_replicates
from runner.lint.rules.few_replicates_for_claim import few_replicates_for_claim
from runner.lint.rules.frozen_order import frozen_order
from runner.lint.rules.logits_as_probabilities import logits_as_probabilities
from runner.lint.rules.misspelled_metric import misspelled_metric
from runner.lint.rules.no_shuffling import no_shuffling
from runner.lint.rules.nondeterministic_gpu import nondeterministic_gpu
from runner.lint.rules.nothing_seeded import nothing_seeded
from runner.lint.rules.nothing_trains import nothing_trains
from runner.lint.rules.numpy_left_unseeded import numpy_left_unseeded
from runner.lint.rules.one_unit_softmax import one_unit_softmax
from runner.lint.rules.parallel_random_map import parallel_random_map
from runner.lint.rules.pinned_initializer import pinned_initializer
from runner.lint.rules.python_left_unseeded import python_left_unseeded
from runner.lint.rules.seeded_after_training import seeded_after_training
from runner.lint.rules.seeded_once_built_often import seeded_once_built_often
from runner.lint.rules.selected_on_test_part import selected_on_test_part
from runner.lint.rules.shuffle_after_batch import shuffle_after_batch
from runner.lint.rules.sigmoid_for_classes import sigmoid_for_classes
from runner.lint.rules.single_replicate import single_replicate
from runner.lint.rules.small_buffer import small_buffer
from runner.lint.rules.softmax_as_logits import softmax_as_logits
from runner.lint.rules.stateful_seed_resolver import stateful_seed_resolver
from runner.lint.rules.stochastic_at_inference import stochastic_at_inference
from runner.lint.rules.tensorflow_left_unseeded import tensorflow_left_unseeded
from runner.lint.rules.unordered_parallel_map import unordered_parallel_map
from runner.lint.rules.unseeded_op_determinism import unseeded_op_determinism
from runner.lint.rules.watched_absent_metric import watched_absent_metric
from runner.lint.rules.watched_training_metric import watched_training_metric
from runner.numeric.severity import Severity

SUBJECTS = {
    "RUN1": "Seeds",
    "RUN2": "Input pipeline",
    "RUN3": "Model",
    "RUN4": "Conclusions",
    "RUN5": "Runtime",
    "RUN6": "Training",
}
"""Prefix of codes to the subject of their rules."""

RULES = (
    Rule("RUN101", Severity.warning, nothing_seeded),
    Rule("RUN102", Severity.info, seeded_once_built_often),
    Rule("RUN103", Severity.warning, python_left_unseeded),
    Rule("RUN104", Severity.warning, tensorflow_left_unseeded),
    Rule("RUN105", Severity.warning, numpy_left_unseeded),
    Rule("RUN106", Severity.warning, pinned_initializer),
    Rule("RUN107", Severity.warning, stateful_seed_resolver, any_task=True),
    Rule("RUN108", Severity.warning, falsy_seed),
    Rule("RUN109", Severity.warning, seeded_after_training, any_task=True),
    Rule("RUN201", Severity.warning, shuffle_after_batch),
    Rule("RUN202", Severity.warning, small_buffer),
    Rule("RUN203", Severity.warning, frozen_order),
    Rule("RUN204", Severity.warning, batch_holds_all),
    Rule("RUN205", Severity.warning, unordered_parallel_map),
    Rule("RUN206", Severity.warning, parallel_random_map),
    Rule("RUN207", Severity.warning, no_shuffling),
    Rule("RUN301", Severity.warning, constant_initializer),
    Rule("RUN302", Severity.warning, stochastic_at_inference),
    Rule("RUN303", Severity.error, one_unit_softmax),
    Rule("RUN304", Severity.warning, nothing_trains),
    Rule("RUN305", Severity.error, softmax_as_logits),
    Rule("RUN306", Severity.warning, logits_as_probabilities),
    Rule("RUN307", Severity.warning, sigmoid_for_classes),
    Rule("RUN308", Severity.warning, batch_norm_of_one_row),
    Rule("RUN309", Severity.warning, dropout_on_outputs),
    Rule("RUN401", Severity.error, single_replicate, any_task=True),
    Rule("RUN402", Severity.info, few_replicates, any_task=True),
    Rule("RUN403", Severity.warning, few_replicates_for_claim, any_task=True),
    Rule("RUN501", Severity.warning, nondeterministic_gpu),
    Rule("RUN502", Severity.error, unseeded_op_determinism),
    Rule("RUN601", Severity.warning, watched_training_metric),
    Rule("RUN602", Severity.error, watched_absent_metric),
    Rule("RUN603", Severity.warning, best_not_kept),
    Rule("RUN604", Severity.info, selected_on_test_part),
    Rule("RUN605", Severity.error, misspelled_metric),
)
"""All rules, in the order of their codes. A code is never reused for another rule."""
