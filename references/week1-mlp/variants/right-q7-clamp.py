# operator = "equivalent"
# why = "layers in the other order, clamp as ReLU, indexing as squeeze"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super(MLP, self).__init__()
        self.out = nn.Linear(hid_dim, output_dim)
        self.hidden = nn.Linear(input_dim, hid_dim)
        self.output_dim = output_dim

    def forward(self, x):
        z = self.out(self.hidden(x).clamp(min=0))
        return z[:, 0] if self.output_dim == 1 else z
