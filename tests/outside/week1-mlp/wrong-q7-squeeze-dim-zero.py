# expected = {q7 = 0}
# why = "squeeze dimension 0 for a batch of one (so that 'one row gives one number'): (1, 2) becomes (2,) and (1,1) becomes (); 'squeeze dimension 1 and no other'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.output_dim = output_dim
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        y = self.fc2(torch.relu(self.fc1(x)))
        if self.output_dim == 1:
            y = y.squeeze(1)
        if len(y) == 1:
            y = y.squeeze(0)
        return y
