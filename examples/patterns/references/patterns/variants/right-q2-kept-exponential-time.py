# why = "right and useless: its time triples with every letter, and the words that are drawn are short"

# %% q2_answer
# answer: q2_answer
def edit_distance(a, b):
    if not a or not b:
        return len(a) + len(b)
    cut = edit_distance(a[1:], b[1:]) + (a[0] != b[0])
    return min(cut, edit_distance(a[1:], b) + 1, edit_distance(a, b[1:]) + 1)
