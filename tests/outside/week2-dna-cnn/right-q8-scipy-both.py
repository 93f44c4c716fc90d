# why = "scipy.stats.pearsonr where both vary, scipy.linalg.lstsq (cut-off 1e-10) for the line."
# %% q8_answer
# answer: q8_answer
import scipy.linalg
import scipy.stats


def pearson_r(a, b):
    if max(a) == min(a) or max(b) == min(b):
        return 0.0
    return float(scipy.stats.pearsonr(a, b)[0])


def linear_ceiling(x_train, y_train, x_test):
    n, L, four = x_train.shape
    A = np.concatenate([x_train.reshape(n, L * four), np.ones((n, 1))], axis=1)
    beta = scipy.linalg.lstsq(A, y_train, cond=1e-10)[0]
    return np.einsum("nlc,lc->n", x_test, beta[:-1].reshape(L, four)) + beta[-1]
