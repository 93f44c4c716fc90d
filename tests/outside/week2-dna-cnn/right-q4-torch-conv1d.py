# why = "F.conv1d with the transposed matrix as the one filter, in float64."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    x = torch.as_tensor(np.array(one_hot, dtype=np.float64)).T.unsqueeze(0)
    f = torch.as_tensor(np.array(pwm, dtype=np.float64)).T.unsqueeze(0)
    return F.conv1d(x, f)[0, 0].numpy()
