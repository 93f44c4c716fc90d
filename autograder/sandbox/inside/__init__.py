"""Who works here: the student's code, and the program that runs it (*sandbox*; nothing here is believed).

In: cells as text, operations over the wire. Out: frames of plain data, which are claims. The program is forked from a
zygote that never held a secret, confines itself before the first cell, and imports the wire and what confines it from
outside, nothing else.
"""
