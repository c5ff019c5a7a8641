"""Makes a page of one file from results, or from a comparison, for a browser.

In: results, plans, environments; of comparisons, what `report` words.
Out: HTML that asks for nothing else.
Never: measures, compares or runs anything.
"""
