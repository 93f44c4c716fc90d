"""When something was handed in, as other systems write it and as nbgrader reads it (*trusted*)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timezone
from zoneinfo import ZoneInfo

FILE_NAME = "timestamp.txt"  # nbgrader's, in a hand-in's folder

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE,
)


def parse(text: str) -> datetime | None:
    """Return a time that has an offset; None for what is no such time. A finer fraction than µs is cut."""
    found = _ISO.fullmatch(text.strip())
    if found is None or found[4] is None:
        return None
    day, clock, fraction, offset = found.groups()
    zone = "+00:00" if offset.upper() in ("Z", "UTC", "GMT") else offset
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone}")
    except ValueError:
        return None


def parse_nbgrader(text: str) -> datetime | None:
    """Return the time in a ``timestamp.txt``: as ``parse``, with a zone's name, or without any, which is UTC."""
    text = text.strip()
    if (time := parse(text)) is not None:
        return time
    parts = text.split(" ")
    if len(parts) == 3:
        try:
            zone: ZoneInfo | timezone = ZoneInfo(parts[2])
        except (ValueError, OSError, KeyError):  # no such zone; or a path
            return None
        text = " ".join(parts[:2])
    else:
        zone = UTC
    plain = parse(f"{text}Z")
    return None if plain is None else plain.replace(tzinfo=zone)


def as_text(time: datetime) -> str:
    """Return what ``timestamp.txt`` holds: ISO 8601 with an offset, which nbgrader reads."""
    return f"{time.isoformat()}\n"
