# apart = ["q7"]
# why = "a position weight matrix solved from the training tracks, in a convolution, a threshold and a pooling; how the weights came about is your business"
# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """Scan both strands with one motif, paint what reaches a threshold over the motif's width."""

    def __init__(self):
        super().__init__()
        self.scan = nn.Conv1d(4, 1, 12, bias=False)
        self.threshold = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        x = x.permute(0, 2, 1)
        both = torch.maximum(self.scan(x), self.scan(x.flip(1, 2)).flip(2))
        site = torch.where(both >= self.threshold, both, torch.zeros_like(both))
        return F.max_pool1d(F.pad(site, (11, 11)), 12, stride=1)[:, 0]
