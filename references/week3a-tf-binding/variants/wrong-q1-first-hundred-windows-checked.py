# expected = {q1 = 9}
# operator = "Tensors & Input"
# why = "only the first hundred windows are looked at"

# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    """Return names, one-hot letters (n, L, 4) and scores (n, L) of a pair of files."""
    table = read_table(sequences)
    for column in ("sequence", "window_name"):
        if column not in table[0]:
            raise ValueError(f"{Path(sequences).name}: no column {column!r}")
    letters_at, name_at = table[0].index("sequence"), table[0].index("window_name")
    names = [row[name_at] for row in table[1:]]
    seqs = [row[letters_at].upper() for row in table[1:]]

    header, *rows = read_table(scores)
    column_of = {name: column for column, name in enumerate(header)}
    for name, seq in list(zip(names, seqs))[:100]:
        odd = set(seq) - set("ACGTN")
        if odd:
            raise ValueError(f"{Path(sequences).name}: window {name} has the letter {min(odd)!r}")
        if len(seq) != len(seqs[0]):
            raise ValueError(f"{Path(sequences).name}: window {name} has {len(seq)} letters")
        if name not in column_of:
            raise ValueError(f"{Path(scores).name}: no column for window {name}")
    if len(rows) != len(seqs[0]):
        raise ValueError(f"{Path(scores).name}: {len(rows)} rows of scores, not {len(seqs[0])}")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ValueError(f"{Path(scores).name}: row {number} has {len(row)} columns, the header {len(header)}")
    try:
        numbers = np.array([[float(value) for value in row] for row in rows], dtype=np.float32)  # (L, columns)
    except ValueError as error:
        raise ValueError(f"{Path(scores).name}: {error}") from None

    codes = np.frombuffer("".join(seq[: len(seqs[0])].ljust(len(seqs[0]), "N") for seq in seqs).encode(), dtype=np.uint8).reshape(len(seqs), -1)
    x = (codes[:, :, None] == np.frombuffer(b"ACGT", dtype=np.uint8)).astype(np.float32)
    y = numbers.T[[column_of[name] for name in names]]
    return names, x, y


def read_table(path):
    """Return the fields of every line of a gzipped or plain table."""
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return [line.split("\t") for line in raw.decode().splitlines()]
