"""The rules for findings, one per file. Each is a function of a ConfigurationView.

runner.analysis.findings.rule_table gives each rule its code, severity and certainty.
"""
