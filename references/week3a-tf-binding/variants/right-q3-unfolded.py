# operator = "equivalent"
# why = "windows by unfold and matrix products, bare parameters with their own initial values"

# %% q3_answer
# answer: q3_answer
class StarterCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()
        self.filters = nn.Parameter(torch.empty(num_filters, 4, kernel_size))
        self.shift = nn.Parameter(torch.zeros(num_filters))
        nn.init.kaiming_normal_(self.filters)
        self.dense = nn.Linear(num_filters * (301 - kernel_size), 300)
        nn.init.xavier_uniform_(self.dense.weight)

    def forward(self, x):
        pieces = x.unfold(1, self.filters.shape[2], 1)  # (n, places, 4, k)
        hidden = torch.relu(torch.einsum("npck,fck->nfp", pieces, self.filters) + self.shift[:, None])
        return self.dense(hidden.reshape(len(x), -1))


class SlidingCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=11):
        super().__init__()
        self.first = nn.Conv1d(4, num_filters, kernel_size)
        self.second = nn.Conv1d(num_filters, 1, kernel_size)
        nn.init.zeros_(self.first.bias)
        self.half = kernel_size // 2

    def forward(self, x):
        h = F.pad(x.mT, (self.half, self.half))
        h = F.pad(self.first(h).clamp(min=0), (self.half, self.half))
        return self.second(h).reshape(len(x), x.shape[1])
