# why = "returns tensors (Arrays or tensors), a lookup table of one-hot rows with a fifth row of zeros for N"
# %% q1_answer
# answer: q1_answer
import zlib


def load_windows(sequences, scores):
    def content(path):
        data = open(path, "rb").read()
        if data.startswith(b"\x1f\x8b"):
            try:
                data = gzip.decompress(data)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise ValueError(f"{os.path.basename(path)}: the gzip stream is cut short or damaged")
        return data.decode("ascii", errors="replace").split("\n")

    def fail_in(path, text):
        raise ValueError(os.path.basename(path) + ": " + text)

    head, *body = (line.rstrip("\r") for line in content(sequences))
    head = head.split("\t")
    missing = [c for c in ("sequence", "window_name") if c not in head]
    if missing:
        fail_in(sequences, "missing column " + " and ".join(missing))
    pairs = []
    for line in body:
        if not line:
            continue
        fields = dict(zip(head, line.split("\t")))
        if len(fields) != len(head):
            fail_in(sequences, "a row with missing columns")
        pairs.append((fields["window_name"], fields["sequence"]))
    names = [name for name, _ in pairs]
    L = len(pairs[0][1]) if pairs else 0
    code = {"A": 0, "C": 1, "G": 2, "T": 3, "N": 4, "a": 0, "c": 1, "g": 2, "t": 3, "n": 4}
    numbers = []
    for name, seq in pairs:
        if len(seq) != L:
            fail_in(sequences, f"{name}: {len(seq)} letters instead of {L}")
        try:
            numbers.append([code[c] for c in seq])
        except KeyError as e:
            fail_in(sequences, f"{name}: unknown letter {e.args[0]}")
    table = torch.cat([torch.eye(4), torch.zeros(1, 4)])
    x = table[torch.tensor(numbers)]

    head, *body = (line.rstrip("\r") for line in content(scores))
    head = head.split("\t")
    where = {name: column for column, name in enumerate(head)}
    columns = []
    for name in names:
        if name not in where:
            fail_in(scores, f"{name} is missing")
        columns.append(where[name])
    rows = []
    for line in body:
        if line:
            try:
                rows.append([float(v) for v in line.split("\t")])
            except ValueError:
                fail_in(scores, "something is not a number")
            if len(rows[-1]) != len(head):
                fail_in(scores, "a row with another number of columns")
    if len(rows) != L:
        fail_in(scores, f"{len(rows)} rows, not {L}")
    y = torch.tensor(rows, dtype=torch.float32)[:, columns].T.contiguous()
    return names, x, y
