# expected = {q7 = 0, q9 = 0}
# why = "The second layer has bias=False: parameters must be 'those of two nn.Linear layers with biases'; with given weights the file does not fit."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim, bias=False)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
