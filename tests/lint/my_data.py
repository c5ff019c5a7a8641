"""Stands for a module of one's own in the cases; the linter must never import it."""

raise ImportError("a lint imports nothing")
