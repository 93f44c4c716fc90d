"""Who works here: the supervisor of a run (*trusted*; root where possible, standard library only).

In: a bundle's folder and hand-ins' folders. Out: one ``GradingResult`` for each, partial ones on the way. Starts the
judge and the zygote, keeps deadlines, reaps. Knows neither click nor nbgrader nor Gradescope.
"""
