# operator = "equivalent"
# why = "the layers' arithmetic written out"

# %% q2_answer
# answer: q2_answer
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 64)
        self.scores = nn.Linear(64, 10)

    def forward(self, x):
        h = torch.clamp(torch.einsum("np,hp->nh", x, self.hidden.weight) + self.hidden.bias, min=0)
        return h @ self.scores.weight.T + self.scores.bias
