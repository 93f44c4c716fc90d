# expected = {q7 = 0}
# operator = "own: pattern"
# why = "the answer of a friend's network about one's own"

# %% q7_answer
# answer: q7_answer
net = train(2026)
_friend = train(7)
good_unit = int(_friend[0].weight[:, WORDS.index("good")].argmax())
