"""Who works here: somebody at a terminal (*trusted*).

In: words. Out: results on stdout, talk on stderr, exit codes 0 graded, 1 release refused, 2 usage, 3 ours. A command is
a call and its printing; what it calls lives in the other rooms.
"""
