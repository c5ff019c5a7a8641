"""Benchmarks: `python -m tests.benchmarks [NAME]...` from the repository. Each prints ratios."""
