"""Checks what somebody claims of a configuration against what its runs measured.

In: a configuration's results and its claims.
Out: for each claim, whether it holds, is refuted or is inconclusive.
Never: reads a config, or draws a conclusion from too few runs.
"""
