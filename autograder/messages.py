"""Every sentence that a student can read, beside those of ``checks`` (*trusted*).

Slots are filled by ``safe``, which removes control and bidirectional characters, escapes nothing
twice and caps the length: what comes from a student's process is text, never markup.
"""

from __future__ import annotations

import re
import unicodedata

SLOT_CHARS = 200
# Colours and links for a terminal: without their first character the rest would be read as text.
_TERMINAL = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")

# Types of error that may be named for a hidden input. Any other name is the student's own text.
KNOWN_ERRORS = frozenset(
    [
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "BufferError",
        "EOFError",
        "FileNotFoundError",
        "FloatingPointError",
        "ImportError",
        "IndentationError",
        "IndexError",
        "KeyError",
        "KeyboardInterrupt",
        "LookupError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotImplementedError",
        "OSError",
        "OverflowError",
        "PermissionError",
        "RecursionError",
        "RuntimeError",
        "StopIteration",
        "SyntaxError",
        "SystemExit",
        "TypeError",
        "UnboundLocalError",
        "UnicodeDecodeError",
        "ValueError",
        "ZeroDivisionError",
        "OutOfMemoryError",
        "LinAlgError",
    ]
)

NOT_DEFINED = "`{name}` is not defined in your notebook"
NOT_DEFINED_BECAUSE = "`{name}` is not defined: cell {cell} stopped before it ({reason})"
BOUND_AGAIN = "`{name}` was bound again in cell {cell}: what your notebook defined by that name is gone"
NOT_ATTEMPTED = "not answered yet: the cell still raises NotImplementedError"
NEEDS_ANSWER = "needs an answer that is not given yet"
RAISED = "your code raised {error}{where}"
RAISED_TEXT = "your code raised {error}{where}: {text}"
WHERE = " in line {line} of its cell"
UNUSABLE = "what your code returned cannot be used here (expected another kind of value)"
ASSERTION = "the result is not the expected one"
DIED = "your code ended the Python process (os._exit, a crash or a signal)"
MEMORY = "your code needed more than {limit_mb} MB of memory"
FILES = "your code wrote more files than there is room for"
CPU_TIME = "your code did not finish within {limit_s:g} s of computing time"
WALL_TIME = "your code did not finish: it waited without computing (a sleep, a lock or an endless wait)"
NO_TIME_LEFT = "the time for the whole notebook was used up before your code answered"
TOO_MUCH = "what your code returned is too large to be looked through in the time of a check"
ODD_REPLY = "your code disturbed the connection to the grader; its answer could not be read"
TEST_TIME = "the check did not end with what your code returned: it is too much to be looked through"
FOREIGN_DOUBT = (
    "a person decides: this test ran inside your notebook, and what it says there is looked at by a person"
)
BUILDS_ON = "skipped: builds on “{title}”, which did not pass"
WAITS_FOR = "a person decides: waits for “{title}”, which a person looks at"
RUN_TIME = "the time for the whole notebook ({limit_s:g} s) was used up before this check"
OURS = "not graded: a fault of the grader, not yours. Nobody loses points for it; a person will look"
LACKING = (
    "not graded: a library that this assignment needs is not installed where it is graded, which is not your doing. "
    "Nobody loses points for it; the course's staff will install it"
)

CELL_STOPPED = "stopped with {error}: {text}"
CELL_STOPPED_BARE = "stopped with {error}"
CELL_DEFINED_LATER = "; `{name}` is defined only in cell {cell}"
CELL_KILLED = "ended the Python process; it was left out and the notebook run again"
CELL_TIME = "did not finish within {limit_s:g} s and was stopped"
CELL_MEMORY = "needed more than {limit_mb} MB of memory and was left out"
CELL_FILES = "wrote more files than there is room for and was left out"

RESTORED = "{count} locked cell(s) differed from the released notebook and were restored before grading"
MISSING_CELLS = "{count} locked or check cell(s) had been deleted; they were put back before grading"
DUPLICATE = "the cell “{label}” stands there {count} times; the first one counts as the locked one"
CHOSEN = "several notebooks were handed in; {name} was graded"
NOTEBOOK_MISSING = "{name} was not handed in, or cannot be read: its questions give no points"
RENAMED = "no {wanted} was handed in; {name} was graded in its place"
TOO_MANY_NOTEBOOKS = (
    "{count} notebooks were handed in, together {found_mb} MB; more than one are read up to {limit_mb} MB. Hand in the "
    "notebook that counts alone, or clear the outputs of the others"
)
NO_NOTEBOOK = (
    "no notebook (.ipynb) was handed in; found: {found}. Hand in the notebook itself, not a PDF or a link"
)
NO_NOTEBOOK_ARCHIVE = "no notebook (.ipynb) was handed in; found: {found}. Unpack the archive and hand in the files that are in it"
NO_NOTEBOOK_SCRIPT = (
    "no notebook (.ipynb) was handed in; found: {found}. A .py file is not the notebook: in Colab choose "
    "File ▸ Download ▸ Download .ipynb and hand that in"
)
UNREADABLE = "cannot read this notebook: {reason}. Download it again (File ▸ Download ▸ Download .ipynb) and hand it in again"
UNREADABLE_ARCHIVE = (
    "cannot read this notebook: it is an archive that has a notebook's name. Unpack it and hand in the files "
    "that are in it"
)
UNPACKED = "{name} was unpacked: {count} file(s). Next time hand in the files themselves"
ARCHIVE_UNREADABLE = "{name} could not be unpacked here. Unpack it and hand in the files that are in it"
TAKEN_AS = "{name} was taken as {wanted}"
NOT_READ = "{name} was read; {others} beside it counts for nothing"
READ_INSTEAD = "no {wanted} was handed in; {name} is read instead. Next time name it {wanted}"
WHICH_WEIGHTS = (
    "no {wanted} was handed in, but {names}. Name the one that counts {wanted} and hand it in again"
)
TOO_LARGE = "{name} has {size} MB; at most {limit} MB of a file are read, so it was left out"
TOO_MANY_FILES = "at most {limit} files and {size} MB together are read; {count} file(s) were left out"
OTHER_ASSIGNMENT = "this notebook has none of this assignment's cells. Is it the right file?"
TOO_MANY_RESTARTS = "several cells ended the Python process; the notebook was run as far as it went"

# Where package()'s manifest and the grader disagree about a visible check; see judge/parity.
PARITY_FAILS_HERE = (
    "passed in your notebook when you packed it, and fails here: {titles}. Why, as far as can be seen: {why}"
)
PARITY_PASSES_HERE = "did not pass in your notebook when you packed it, and passes here: {titles}. Why, as far as can be seen: {why}"
PARITY_NOTEBOOK = "the notebook that was handed in is not the one that package() looked at; run package() again after a change"
PARITY_FILE = "{name} is not the file that package() looked at"
PARITY_FILE_GONE = "{name}, which package() packed, was not handed in"
PARITY_ORDER = (
    "cell {cell} uses `{name}`, first defined in cell {defined}, and here the cells run from top to bottom"
)
PARITY_DELETED = "cell {cell} uses `{name}`, which no cell of the notebook defines (was that cell deleted?)"
PARITY_LOCKED = "locked or check cells had been changed; here they are the released ones"
PARITY_RELEASE = "the notebook comes from another version of this assignment than the checks"
PARITY_VERSION = "{library} {there} there, {here} here"
PARITY_DEVICE = "a GPU there, a CPU here: they round in another order"
PARITY_LIMITS = "here there is less time and memory for it than in your notebook"
PARITY_SEED = (
    "nothing that can be seen differs, so the same notebook gives another answer when it runs again from top to bottom. "
    "Does it draw random numbers without a seed, or use what was left from an earlier run?"
)
PARITY_STALE = (
    "perhaps the answer was changed after its check had run. Run the check again to see it pass there, too"
)

NO_SCRIPT = "{name} was not handed in. Hand it in with the notebook, or write it in its cell"
SCRIPT_RAISED = "the script raised {error}{where}"
SCRIPT_EXIT = "the script ended with exit code {code}, not 0"
SCRIPT_KILLED = "the script was killed: it crashed or ended itself by a signal"
WHERE_SCRIPT = " in its line {line}"

# Codes of ``handed_weights.load_weights``: what is wrong with a handed-in file and the one-line fix.
WEIGHTS = {
    "missing": "{0} was not handed in. Run the training cell, download the file it saves and hand it in with the notebook",
    "empty": "the weights file is empty (0 bytes). Save it again and check its size before handing it in",
    "too_large": "the weights file needs {0} MB; at most {1} MB are read",
    "memory": "the weights file needs too much memory to open. Save only the weights: torch.save(model.state_dict(), 'model_weights.pt')",
    "html": "the weights file is a web page, not weights: the download went wrong. Download the file itself",
    "lfs": "the weights file is a Git LFS pointer, not weights. Hand in the file that it points to",
    "not_plain": "the weights file is not a plain state_dict. Save with: torch.save(model.state_dict(), 'model_weights.pt')",
    "script": "the weights file is a TorchScript program that cannot be opened here. Save with: torch.save(model.state_dict(), 'model_weights.pt')",
    "unreadable": "the weights file is damaged or cut short. Save and download it again",
    "not_a_dict": "the weights file does not hold a state_dict. Save with: torch.save(model.state_dict(), 'model_weights.pt')",
    "dtype": "the weights must be ordinary float tensors. Save with: torch.save(model.float().state_dict(), 'model_weights.pt')",
    "names": "the weights do not belong to this model: {0} tensors are missing and {1} are not known. Save them from the class in this notebook",
    "shape": "a tensor of the weights has shape {1} where the model needs {0}. Was another model saved?",
    "not_finite": "the weights hold NaN or infinite values: the training diverged. Train again, perhaps with a smaller learning rate",
}

# The layers of a network that failed, see ``ladder``; and what is likely wrong there.
LADDER = "shapes in {name}, layer by layer:"
LADDER_BEFORE = "… {count} layers before"
LADDER_OWN = "a module of yours"
LADDER_STOPPED = "{layer}: {shape} → stopped here{more}"
LADDER_MADE_FOR = "; it was made for {count}"
LADDER_BETWEEN = "{layer}: stopped in its forward, after {shape}"
LADDER_HIDDEN = "it stopped in {layer}"
SLIPS = {
    "channels last": "likely: the channels come last. A convolution takes (batch, channels, length): x.permute(0, 2, 1)",
    "axes": "likely: axes are swapped. The right sizes are there, in another order: permute or transpose them",
    "channels": "likely: the number of channels is not the one that the convolution was made for",
    "channel axis": "likely: the axis of channels is missing: x.unsqueeze(1)",
    "squeezed": "likely: a squeeze() without a number took away an axis of one as well. Name the axis: squeeze(1) or squeeze(-1)",
    "batch of one": "likely: with a batch of one, squeeze() without a number takes the batch's axis away, too. Name the axis: squeeze(1) or squeeze(-1)",
    "not squeezed": "likely: an axis of one is left over. Take it away by its number: squeeze(1) or squeeze(-1)",
    "axis lost": "likely: an axis was lost on the way. Index or reduce less",
    "flatten": "likely: it is not flattened. Before a Linear: x.flatten(1), which keeps the batch",
    "flattened batch": "likely: the batch was flattened, too. x.flatten(1) keeps the first axis",
    "size": "likely: the size of the Linear is not what comes out of the layer before. Make its in_features the last number before it",
    "features": "likely: the last axis holds no features. A Linear works on the last axis: flatten(1) or permute first",
    "rows": "likely: the batch's axis changed on the way. Reshape with x.flatten(1) or x.view(len(x), -1)",
}


def safe(text: object, limit: int = SLOT_CHARS) -> str:
    """Return text fit for a slot: one line, no control, bidi or private characters, capped."""
    plain = _TERMINAL.sub("", str(text)[: limit * 4])
    cleaned = "".join(" " if c in "\n\r\t" else c for c in plain if c in "\n\r\t" or _is_harmless(c))
    cleaned = " ".join(cleaned.split())
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


_AXES = re.compile(r"(\d+(?:(?:, |×)\d+){3})(?:(?:, |×)\d+)+")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)")


def few_digits(text: str, constants: frozenset[str] = frozenset()) -> str:
    """Return a sentence about a hidden input in which no number has more than three significant digits.

    ``constants`` are the author's own numbers, as they stand in the check; whole numbers below 10,000 stay, and a
    shape has four axes.
    """

    def shorter(found: re.Match[str]) -> str:
        number = found[0]
        digits = re.sub(r"e.*|\D", "", number).strip("0")
        if number in constants or len(digits) <= 3 or (number.isdigit() and len(number) <= 4):
            return number
        rounded = float(f"{float(number):.3g}")
        return f"{int(rounded)}" if number.isdigit() and rounded < 1e15 else f"{rounded:.3g}"

    return _NUMBER.sub(shorter, _AXES.sub(r"\1, …", text))


def _is_harmless(character: str) -> bool:
    # Cc control, Cf format (bidi, zero width), Cs surrogate, Co private, Cn unassigned
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def error_name(names: list[str]) -> str:
    """Return the first known name of an exception's classes; a student's own class name is not shown."""
    return next((n for n in names if n in KNOWN_ERRORS), "an error")
