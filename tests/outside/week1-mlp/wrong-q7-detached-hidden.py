# expected = {q7 = 0}
# why = "The hidden layer is detached ('to save memory'): outputs right, but no gradient ever reaches W1; the first layer's parameters would not be parameters of the function for autograd, x -> W2 ReLU(W1 x + b1) + b2 cannot be learned."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        hidden = torch.relu(self.fc1(x)).detach()
        return self.fc2(hidden).squeeze(1)
