# expected = {q6 = 0}
# why = "the motif is a constant in forward and the handed-in parameter is never used; the contract: with other weights, other predictions"
# %% q6_answer
# answer: q6_answer
MOTIF = torch.tensor([[-0.5099, -0.8506, -0.9529, -0.6338], [-0.6681, -0.5672, -1.0107, -0.7012], [0.7953, -1.3373, -1.5064, -0.8988], [-1.3289, -2.1034, -1.9733, 2.4584], [-0.3103, -2.3692, 1.6704, -1.938], [-7.8578, -2.3331, -2.7315, 2.1175], [-7.8578, -2.8578, -1.59, 1.5007], [-2.6725, -7.8578, -1.6432, 1.3685], [1.8089, -2.0599, -1.2327, -1.4635], [-1.5173, 1.6408, -2.2188, -0.8518], [-0.6074, -1.5512, -7.8578, -0.7885], [-0.8008, -0.8955, -1.0871, -0.1637]]).T[None]


class BindingModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        x = x.permute(0, 2, 1)
        both = torch.maximum(F.conv1d(x, MOTIF), F.conv1d(x.flip(1, 2), MOTIF).flip(2))
        site = torch.where(both >= 6.2, both, torch.zeros_like(both))
        return F.max_pool1d(F.pad(site, (11, 11)), 12, stride=1)[:, 0]
