# operator = "equivalent"
# why = "a loop over lines; gzip by its first bytes; Python's EOFError where a file ends early"

# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    def lines(path):
        with open(path, "rb") as file:
            zipped = file.read(2) == bytes([31, 139])
        with gzip.open(path, "rt") if zipped else open(path) as file:
            yield from (line.rstrip("\n") for line in file)

    def bad(path, what):
        return ValueError(f"{os.path.basename(path)}: {what}")

    rows = lines(sequences)
    header = next(rows).split("\t")
    missing = [c for c in ("sequence", "window_name") if c not in header]
    if missing:
        raise bad(sequences, f"lacks {missing}")
    names, coded = [], []
    for row in rows:
        fields = dict(zip(header, row.split("\t")))
        name, letters = fields["window_name"], fields["sequence"]
        code = np.zeros((len(letters), 4), dtype=np.float32)
        for place, letter in enumerate(letters):
            column = "ACGTN".find(letter.upper())
            if column < 0:
                raise bad(sequences, f"{letter} in {name}")
            if column < 4:
                code[place, column] = 1
        if coded and len(code) != len(coded[0]):
            raise bad(sequences, f"{name} has {len(code)} letters")
        names.append(name)
        coded.append(code)
    rows = lines(scores)
    header = next(rows).split("\t")
    gone = set(names) - set(header)
    if gone:
        raise bad(scores, f"no scores for {sorted(gone)}")
    wanted, tracks = [header.index(name) for name in names], []
    for row in rows:
        fields = row.split("\t")
        if len(fields) != len(header):
            raise bad(scores, "ragged")
        try:
            numbers = [float(f) for f in fields]
        except ValueError as error:
            raise bad(scores, error) from error
        tracks.append([numbers[i] for i in wanted])
    if len(tracks) != len(coded[0]):
        raise bad(scores, f"{len(tracks)} rows")
    return tuple(names), np.stack(coded), np.array(tracks, dtype=np.float32).T
