"""Defines the table of rules for findings, which alone gives a rule its code."""

from __future__ import annotations

from runner.analysis.findings.finding_rule import Certainty, Rule
from runner.analysis.findings.rules.broadcast_loss import broadcast_loss
from runner.analysis.findings.rules.changing_passes import changing_passes
from runner.analysis.findings.rules.continued_weights import continued_weights
from runner.analysis.findings.rules.copied_test_rows import copied_test_rows
from runner.analysis.findings.rules.equal_metric import equal_metric
from runner.analysis.findings.rules.idle_columns import idle_columns
from runner.analysis.findings.rules.impossible_interval import impossible_interval
from runner.analysis.findings.rules.kept_state import kept_state
from runner.analysis.findings.rules.lagging_statistics import lagging_statistics
from runner.analysis.findings.rules.left_files import left_files
from runner.analysis.findings.rules.left_out_columns import left_out_columns
from runner.analysis.findings.rules.lost_on_resume import lost_on_resume
from runner.analysis.findings.rules.mismatched_scales import mismatched_scales
from runner.analysis.findings.rules.misread_targets import misread_targets
from runner.analysis.findings.rules.nearly_constant_outputs import nearly_constant_outputs
from runner.analysis.findings.rules.overlapping_windows import overlapping_windows
from runner.analysis.findings.rules.repeated_augmentation import repeated_augmentation
from runner.analysis.findings.rules.repeated_initial_weights import repeated_initial_weights
from runner.analysis.findings.rules.repeated_order import repeated_order
from runner.analysis.findings.rules.restarted_augmentation import restarted_augmentation
from runner.analysis.findings.rules.seeds_without_effect import seeds_without_effect
from runner.analysis.findings.rules.shared_parent_state import shared_parent_state
from runner.analysis.findings.rules.sorted_and_unshuffled import sorted_and_unshuffled
from runner.analysis.findings.rules.threshold_on_logits import threshold_on_logits
from runner.analysis.findings.rules.truncated_indices import truncated_indices
from runner.analysis.findings.rules.twin_weights import twin_weights
from runner.analysis.findings.rules.two_groups import two_groups
from runner.analysis.findings.rules.two_losses import two_losses
from runner.analysis.findings.rules.unadapted_normalization import unadapted_normalization
from runner.analysis.findings.rules.unlogged_monitor import unlogged_monitor
from runner.analysis.findings.rules.unreachable_targets import unreachable_targets
from runner.analysis.findings.rules.unseen_classes import unseen_classes
from runner.analysis.findings.rules.unsquashed_outputs import unsquashed_outputs
from runner.analysis.findings.rules.unvarying_source import unvarying_source
from runner.analysis.findings.rules.values_not_finite import values_not_finite
from runner.analysis.findings.rules.wrapped_indices import wrapped_indices
from runner.numeric.severity import Severity

SUBJECTS = {
    "OBS1": "Randomness",
    "OBS2": "Data",
    "OBS3": "Model",
    "OBS4": "Metrics",
}
"""Prefix of codes to the subject of their rules."""

RULES = (
    Rule("OBS101", Severity.warning, Certainty.certain, repeated_augmentation),
    Rule("OBS102", Severity.warning, Certainty.certain, continued_weights),
    Rule("OBS103", Severity.warning, Certainty.likely, shared_parent_state),
    Rule("OBS104", Severity.warning, Certainty.likely, repeated_initial_weights),
    Rule("OBS105", Severity.warning, Certainty.certain, seeds_without_effect),
    Rule("OBS106", Severity.warning, Certainty.possible, left_files),
    Rule("OBS107", Severity.info, Certainty.certain, restarted_augmentation),
    Rule("OBS108", Severity.warning, Certainty.certain, repeated_order),
    Rule("OBS109", Severity.warning, Certainty.likely, unvarying_source),
    Rule("OBS110", Severity.warning, Certainty.certain, lost_on_resume),
    Rule("OBS111", Severity.warning, Certainty.certain, twin_weights),
    Rule("OBS201", Severity.warning, Certainty.certain, unseen_classes),
    Rule("OBS202", Severity.warning, Certainty.certain, copied_test_rows),
    Rule("OBS203", Severity.warning, Certainty.likely, mismatched_scales),
    Rule("OBS204", Severity.warning, Certainty.certain, overlapping_windows),
    Rule("OBS205", Severity.warning, Certainty.certain, values_not_finite),
    Rule("OBS206", Severity.info, Certainty.certain, idle_columns),
    Rule("OBS207", Severity.warning, Certainty.certain, sorted_and_unshuffled),
    Rule("OBS208", Severity.info, Certainty.certain, changing_passes),
    Rule("OBS209", Severity.info, Certainty.certain, left_out_columns),
    Rule("OBS301", Severity.warning, Certainty.certain, truncated_indices),
    Rule("OBS302", Severity.warning, Certainty.certain, wrapped_indices),
    Rule("OBS303", Severity.warning, Certainty.certain, unadapted_normalization),
    Rule("OBS304", Severity.warning, Certainty.certain, unreachable_targets),
    Rule("OBS305", Severity.warning, Certainty.certain, lagging_statistics),
    Rule("OBS306", Severity.warning, Certainty.likely, nearly_constant_outputs),
    Rule("OBS307", Severity.warning, Certainty.certain, broadcast_loss),
    Rule("OBS308", Severity.warning, Certainty.certain, unsquashed_outputs),
    Rule("OBS309", Severity.warning, Certainty.certain, kept_state),
    Rule("OBS401", Severity.warning, Certainty.certain, misread_targets),
    Rule("OBS402", Severity.warning, Certainty.certain, threshold_on_logits),
    Rule("OBS403", Severity.info, Certainty.likely, two_losses),
    Rule("OBS404", Severity.info, Certainty.likely, two_groups),
    Rule("OBS405", Severity.info, Certainty.certain, impossible_interval),
    Rule("OBS406", Severity.info, Certainty.possible, equal_metric),
    Rule("OBS407", Severity.warning, Certainty.certain, unlogged_monitor),
)
"""All rules, in the order of their codes. A code is never reused for another rule."""
