# why = "swapaxes and torch.maximum; the linear layer applied with F.linear, squeeze(dim=1)."
# apart = ["q10"]
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.layer = nn.Linear(4 * seq_len, 1, bias=True)

    def forward(self, x):
        return F.linear(x.flatten(start_dim=1), self.layer.weight, self.layer.bias).squeeze(dim=1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, (kernel_size,), stride=1, padding=0)
        places = conv_output_length(seq_len, kernel_size)
        self.fc = nn.Linear(num_filters * int(places), 1)

    def forward(self, x):
        z = self.conv(torch.swapaxes(x, 1, 2).contiguous())
        z = torch.maximum(z, torch.zeros_like(z))
        return F.linear(z.flatten(1), self.fc.weight, self.fc.bias).squeeze(dim=1)
