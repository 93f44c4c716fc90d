# why = "Lets nn.Conv1d on the meta device say how long its output is, its RuntimeError turned into ValueError; torch's unfold for the sliding sums."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    if length + 2 * padding < dilation * (kernel - 1) + 1:
        raise ValueError("the filter is wider than the padded signal")
    layer = nn.Conv1d(1, 1, kernel, stride=stride, padding=padding, dilation=dilation, device="meta")
    return layer(torch.empty(1, 1, length, device="meta")).shape[-1]


def conv1d_by_hand(signal, filt):
    windows = torch.tensor(signal, dtype=torch.float64).unfold(0, len(filt), 1)
    return (windows * torch.tensor(filt, dtype=torch.float64)).sum(dim=1).numpy()
