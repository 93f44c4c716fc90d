# expected = {q2 = 2}
# operator = "own: pattern"
# why = "replacing a letter counts as two steps"

# %% q2_answer
# answer: q2_answer
def edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + 2 * (x != y))
    return row[-1]
