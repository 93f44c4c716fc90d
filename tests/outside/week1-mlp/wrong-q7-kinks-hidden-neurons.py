# expected = {q7 = 0}
# why = "Reads the first layer's weights and counts zeros of W1 x + b1 in the interval: right for one hidden layer, wrong for deeper ones; 'of any depth, so look at what it does'."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    first = next(m for m in model.modules() if isinstance(m, nn.Linear))
    with torch.no_grad():
        places = -first.bias / first.weight[:, 0]
    return int(((places > low) & (places < high)).sum())
