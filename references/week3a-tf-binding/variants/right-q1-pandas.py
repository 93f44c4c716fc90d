# operator = "equivalent"
# why = "pandas reads both tables; arrays made letter by letter"

# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    def read(path):
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        try:
            return pd.read_csv(path, sep="\t", compression="gzip" if packed else None, dtype=str, keep_default_na=False)
        except Exception as error:
            raise ValueError(f"cannot read {path}: {error}")

    table, tracks = read(sequences), read(scores)
    for column in ("sequence", "window_name"):
        if column not in table.columns:
            raise ValueError(f"{sequences} lacks the column {column}")
    names = list(table["window_name"])
    size = len(table["sequence"].iloc[0])
    if len(tracks) != size or (tracks == "").any().any():
        raise ValueError(f"{scores} is ragged: {len(tracks)} rows")
    try:
        tracks = tracks.astype(float)
    except ValueError as error:
        raise ValueError(f"{scores}: {error}")
    x = np.zeros((len(names), size, 4), np.float32)
    y = np.zeros((len(names), size), np.float32)
    for i, (name, letters) in enumerate(zip(names, table["sequence"].str.upper())):
        if len(letters) != size:
            raise ValueError(f"{sequences}: {name} is {len(letters)} letters long")
        for j, letter in enumerate(letters):
            if letter in "ACGT":
                x[i, j, "ACGT".index(letter)] = 1
            elif letter != "N":
                raise ValueError(f"{sequences}: {letter} in {name}")
        if name not in tracks.columns:
            raise ValueError(f"{scores}: {name} has no scores")
        y[i] = tracks[name]
    return names, x, y
