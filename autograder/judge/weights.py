"""The weights of a reference model, without torch (*trusted*)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from autograder import references


def load_weights(path: Path, card: dict[str, Any] | None = None) -> dict[str, np.ndarray]:
    """Read the reference's weights as read-only arrays by parameter name.

    The card, by default the ``card.json`` beside the file, must name the file's SHA-256.

    Raises
    ------
    CardError
        If the file cannot be read, is not the one that the card describes, or holds NaN or infinity.
    """
    if card is None:
        card = references.load_card(path.with_name("card.json"))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise references.card_error(path, f"cannot be read ({error.strerror})") from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != card["weights_sha256"]:
        raise references.card_error(
            path, f"sha256 is {digest:.12}…, the card's is {card['weights_sha256']:.12}…"
        )
    try:
        arrays: dict[str, np.ndarray] = load_safetensors(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise references.card_error(path, f"not a safetensors file ({error!s:.80})") from None
    for name, array in arrays.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise references.card_error(path, f"{name!r:.80} is not an array of finite floats")
        array.setflags(write=False)
    return arrays
