# why = "csv.DictReader, errors wrapped once with the whole path in the message (which holds the name of the file)"
# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    """csv module, line by line."""
    def opened(path):
        with open(path, "rb") as f:
            magic = f.read(2)
        return gzip.open(path, "rt", newline="") if magic == b"\x1f\x8b" else open(path, newline="")

    where = str(sequences)
    try:
        with opened(sequences) as f:
            reader = csv.DictReader(f, delimiter="\t")
            columns = reader.fieldnames or []
            for c in ("sequence", "window_name"):
                if c not in columns:
                    raise ValueError(f"column {c} is missing")
            names, x, L = [], [], None
            for row in reader:
                name, seq = row["window_name"], (row["sequence"] or "")
                L = len(seq) if L is None else L
                one = np.zeros((len(seq), 4), dtype="float32")
                for i, letter in enumerate(seq):
                    j = "ACGTN".find(letter.upper())
                    if j < 0:
                        raise ValueError(f"window {name}: letter {letter}")
                    if j < 4:
                        one[i, j] = 1.0
                if len(seq) != L:
                    raise ValueError(f"window {name}: {len(seq)} letters")
                names.append(name)
                x.append(one)
        where = str(scores)
        with opened(scores) as f:
            reader = csv.reader(f, delimiter="\t")
            header = next(reader)
            body = [row for row in reader]
        known = set(header)
        for name in names:
            if name not in known:
                raise ValueError(f"window {name} has no scores")
        if len(body) != L:
            raise ValueError(f"{len(body)} rows")
        for row in body:
            if len(row) != len(header):
                raise ValueError("a row is too short or too long")
        tracks = dict(zip(header, zip(*body)))
        y = np.array([[float(v) for v in tracks[name]] for name in names], dtype="float32")
        for row in body:
            for v in row:
                float(v)
    except (EOFError, gzip.BadGzipFile, StopIteration, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{where}: {error}") from error
    return names, np.array(x), y
