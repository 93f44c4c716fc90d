# expected = {q9 = 0}
# why = "Only 100 epochs: held-out mse 3.2, error on [-2, 2] is half the best line's (must be less than a tenth), r 0.96 < 0.99."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.hidden = nn.Linear(input_dim, hid_dim)
        self.out = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x))).squeeze(1)
