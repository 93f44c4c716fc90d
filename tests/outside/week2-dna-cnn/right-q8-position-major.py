# why = "All outputs side by side, but place by place (transposed before flattening): the order of the linear layer's inputs is free; with its own weights in that order."
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(4 * seq_len, 1), nn.Flatten(0))

    def forward(self, x):
        return self.net(x)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.sum_up = nn.Linear((seq_len - kernel_size + 1) * num_filters, 1)

    def forward(self, x):
        h = self.conv(torch.einsum("nlc->ncl", x)).clamp(min=0)
        return self.sum_up(h.transpose(1, 2).flatten(start_dim=1)).squeeze(-1)
