"""The rules, one per file. Each is a function of ConfigFacts; runner.lint.table gives it a code."""
