# expected = {q1 = 0}
# why = "fills missing score rows with 0 when the table ends early; the contract: ValueError where the scores are not L rows"
# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    def lines_of(path):
        raw = Path(path).read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode().splitlines()

    sequences, scores = Path(sequences), Path(scores)
    s_name, y_name = sequences.name, scores.name
    try:
        lines = lines_of(sequences)
    except (EOFError, OSError) as e:
        if isinstance(e, FileNotFoundError): raise
        raise ValueError(f"{s_name}: broken") from e
    header = lines[0].split("\t") if lines else []
    for column in ("sequence", "window_name"):
        if column not in header:
            raise ValueError(f"{s_name}: no column {column}")
    a, b = header.index("sequence"), header.index("window_name")
    rows = [line.split("\t") for line in lines[1:] if line]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"{s_name}: ragged row")
    names, letters = [r[b] for r in rows], [r[a].upper() for r in rows]
    L = len(letters[0]) if letters else 300
    for n, s in zip(names, letters):
        for c in s:
            if c not in "ACGTN":
                raise ValueError(f"{s_name}: {n} has {c}")
        if len(s) != L:
            raise ValueError(f"{s_name}: {n} has another length")
    try:
        lines = [l for l in lines_of(scores)]
    except (EOFError, OSError) as e:
        if isinstance(e, FileNotFoundError): raise
        raise ValueError(f"{y_name}: broken") from e
    header = lines[0].split("\t") if lines else []
    col = {n: i for i, n in enumerate(header)}
    for n in names:
        if n not in col:
            raise ValueError(f"{y_name}: {n} has no scores")
    body = [l.split("\t") for l in lines[1:] if l]
    if len(body) > L or any(len(r) != len(header) for r in body):
        raise ValueError(f"{y_name}: not {L} rows")
    body += [["0"] * len(header)] * (L - len(body))
    try:
        table = np.array(body, dtype=float).astype(np.float32)
    except ValueError:
        raise ValueError(f"{y_name}: not numbers") from None
    y = np.ascontiguousarray(table.T[[col[n] for n in names]]) if names else np.zeros((0, L), np.float32)
    lut = np.zeros((256, 4), np.float32)
    lut[[ord(c) for c in "ACGT"]] = np.eye(4)
    x = np.stack([lut[np.frombuffer(s.encode(), np.uint8)] for s in letters]) if names else np.zeros((0, L, 4), np.float32)
    return names, x, y
