"""Who works here: the process that holds the secrets (*trusted*; its own user id).

In: a bundle (checks, card, weights, private data) and, over the wire, what a student's process claims. Out: one
result per check, as JSON lines to the supervisor. No torch, no file of the student's but its text, no network.
"""
