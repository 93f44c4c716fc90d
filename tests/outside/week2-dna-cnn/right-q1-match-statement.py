# why = "A match statement per letter, rows collected in a list, reshape(-1, 4) for the empty string."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    rows = []
    for letter in seq:
        match letter:
            case "A" | "a":
                rows.append([1, 0, 0, 0])
            case "C" | "c":
                rows.append([0, 1, 0, 0])
            case "G" | "g":
                rows.append([0, 0, 1, 0])
            case "T" | "t":
                rows.append([0, 0, 0, 1])
            case "N" | "n":
                rows.append([0, 0, 0, 0])
            case other:
                raise ValueError(f"'{other}' at place {len(rows)} of the sequence")
    return np.array(rows, dtype=np.float32).reshape(-1, 4)
