"""Who works here: whoever stands between student code and everything else (*trusted*; root where possible).

In: a work folder, limits, one end of a socketpair. Out: a confined process, what it uses, its end, and frames of plain
data that were checked before they were believed. Knows neither notebooks nor bundles nor who calls it.
``autograder.sandbox.inside`` is the other side.
"""
