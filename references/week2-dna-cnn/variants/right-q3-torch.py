# why = "asks PyTorch for both"

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    try:
        out = F.conv1d(torch.zeros(1, 1, length), torch.zeros(1, 1, kernel), stride=stride, padding=padding, dilation=dilation)
    except RuntimeError as error:
        raise ValueError("the filter is too long") from error
    return out.shape[-1]


def conv1d_by_hand(signal, filt):
    s, f = (torch.tensor(a)[None, None] for a in (signal, filt))
    return F.conv1d(s, f)[0, 0]
