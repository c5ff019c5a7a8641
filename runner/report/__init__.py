"""Results for people and programs: terminal, files, JSON, Markdown, annotations.

In: results, differences, findings, previews.
Out: text and files.
Never: measures, compares or runs anything.
"""
