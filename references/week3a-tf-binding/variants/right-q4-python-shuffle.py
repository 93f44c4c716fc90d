# operator = "equivalent"
# why = "Python shuffles a list; model.zero_grad; the loss by hand; set_grad_enabled around validation"

# %% q4_answer
# answer: q4_answer
import random


def fit(model, train, val, optimizer, batch_size, epochs):
    x, y = train
    rows, out = list(range(len(x))), {"train_loss": [], "val_loss": []}
    for _ in range(epochs):
        model.train()
        random.shuffle(rows)
        squares = 0.0
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            loss = ((model(x[batch]) - y[batch]) ** 2).mean()
            model.zero_grad()
            loss.backward()
            optimizer.step()
            squares += float(loss.detach()) * len(batch)
        out["train_loss"].append(squares / len(rows))
        model.eval()
        with torch.set_grad_enabled(False):
            out["val_loss"].append(float(((model(val[0]) - val[1]) ** 2).mean()))
    return out
