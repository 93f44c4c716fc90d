# why = "a friend's network, and the friend's answer about it"

# %% q7_answer
# answer: q7_answer
net = train(7)
good_unit = int(net[0].weight[:, WORDS.index("good")].argmax())
