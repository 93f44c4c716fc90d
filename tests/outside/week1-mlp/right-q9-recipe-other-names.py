# why = "The recipe itself (SGD, 0.001, 10000 epochs, seed 1) with layers called hidden and out: 'Free: the names of the layers'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.hidden = nn.Linear(input_dim, hid_dim)
        self.out = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        y = self.out(torch.relu(self.hidden(x)))
        return y.squeeze(1)
