# operator = "equivalent"
# why = "a loop over the pictures, torch in between"

# %% q1_answer
# answer: q1_answer
def accuracy(scores, labels):
    right = 0
    for row, label in zip(torch.tensor(scores), labels):
        right += int(row.argmax()) == int(label)
    return right / len(labels)
