# expected = {q7 = 0}
# why = "torch.manual_seed(0) in __init__: every model starts with the same weights; contract: 'with PyTorch's random start'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        torch.manual_seed(0)
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
