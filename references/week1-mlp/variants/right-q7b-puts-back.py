# operator = "equivalent"
# why = "works in evaluation mode and float64, on a copy"

# %% q7b_answer
# answer: q7b_answer
import copy


def count_kinks(model, low, high):
    twin = copy.deepcopy(model).double().eval()
    with torch.no_grad():
        f = twin(torch.linspace(low, high, 6001, dtype=torch.float64)[:, None]).numpy()
    slope = np.diff(f) / ((high - low) / 6000)
    bends = np.abs(np.diff(slope)) > 1e-6
    return int(np.sum(bends[1:] & ~bends[:-1]) + bends[0])
