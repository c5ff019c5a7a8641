"""Composes many configurations that differ in values only, without composing each anew.

In: the combinations of a sweep, and Hydra's loader.
Out: composed configurations, equal to those that Hydra composes.
Never: guesses; what is not certain is composed by Hydra.
"""
