"""What a config may make happen here, when whoever wrote it is not whoever runs it.

docs/threats.md says line by line what is stopped where.
"""
