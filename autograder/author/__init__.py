"""Who works here: the instructor before a release (*trusted*; holds every answer).

In: ``source/<assignment>/``, ``references/<assignment>/`` and the course file. Out: ``release/<assignment>/`` for
students, the private bundle for the judge, nbgrader's cells, docs/validity.md. Grading is the engine's; of the judge
only words and the reading of checks are used. Knows no class and no host.
"""
