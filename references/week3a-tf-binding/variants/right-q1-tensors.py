# operator = "equivalent"
# why = "csv module, tensors for arrays, a dictionary of letters"

# %% q1_answer
# answer: q1_answer
ROWS = {"A": [1, 0, 0, 0], "C": [0, 1, 0, 0], "G": [0, 0, 1, 0], "T": [0, 0, 0, 1], "N": [0, 0, 0, 0]}


def lines_of(path):
    try:
        with gzip.open(path, "rt") as file:
            return list(csv.reader(file, delimiter="\t"))
    except gzip.BadGzipFile:
        with open(path) as file:
            return list(csv.reader(file, delimiter="\t"))


def load_windows(sequences, scores):
    first, *rows = lines_of(sequences)
    missing = {"sequence", "window_name"} - set(first)
    if missing:
        raise ValueError(f"{sequences} has no column {' or '.join(sorted(missing))}")
    windows = {}
    for row in rows:
        record = dict(zip(first, row))
        windows[record["window_name"]] = record["sequence"]
    lengths = {len(s) for s in list(windows.values())[:1]}
    x = []
    for name, seq in windows.items():
        if len(seq) not in lengths:
            raise ValueError(f"{sequences}: another length: {name}")
        try:
            x.append([ROWS[letter.upper()] for letter in seq])
        except KeyError as error:
            raise ValueError(f"{sequences}: {name} contains {error}") from error
    columns, *table = lines_of(scores)
    if len(table) != len(x[0]) or any(len(row) != len(columns) for row in table):
        raise ValueError(f"{scores} is not a full table")
    try:
        table = torch.tensor([[float(v) for v in row] for row in table])
    except ValueError as error:
        raise ValueError(f"{scores}: {error}") from error
    gone = [name for name in windows if name not in columns]
    if gone:
        raise ValueError(f"{scores} has nothing for {gone}")
    y = table[:, [columns.index(name) for name in windows]].T.contiguous()
    return list(windows), torch.tensor(x, dtype=torch.float32), y
