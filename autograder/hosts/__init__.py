"""Who works here: another system that runs us (*trusted*; Gradescope, PrairieLearn, nbgrader).

In: that system's folders and metadata. Out: its result files, always valid, always atomic; the zip and the image that
it runs. A new host is a module here, over the engine.
"""
