"""Shows results to people and programs: in terminals, files, JSON, Markdown and annotations.

In: results, differences, findings, previews.
Out: text and files.
Never: measures, compares or runs anything.
"""
