"""Who works here: the instructor after the deadline (*trusted*).

In: ``submitted/<student>/<assignment>/`` and the released bundle. Out: ``autograded/`` (results, executed notebooks,
the overview), ``feedback/``, nbgrader's scores, CSV. One hand-in never costs another anything.
"""
