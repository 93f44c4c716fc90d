# expected = {q7 = 0}
# why = "flatten() also when there are several outputs: (5, 2) becomes (10,); 'Only when output_dim is 1 is dimension 1 squeezed away'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).flatten()
