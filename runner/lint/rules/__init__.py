"""The rules, one a file. Each is a function of a Subject; runner.lint.table gives it its code."""
