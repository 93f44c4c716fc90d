"""When something was handed in, as other systems write it and as nbgrader reads it (*trusted*)."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil_parser

FILE_NAME = "timestamp.txt"  # nbgrader's, in a hand-in's folder

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"(.*\d)\s+([A-Za-z][\w+\-]*(?:/[\w+\-]+)*)", re.DOTALL)


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
    """Return the time in a ``timestamp.txt``, as ``read``; None for what says none."""
    try:
        return read(text)
    except ValueError:
        return None


def read(text: str) -> datetime:
    """Read nbgrader's forms of a time, and others that are whole; without an offset it is UTC, as in nbgrader.

    Raises
    ------
    ValueError
        For a text that says no time, a part of one only, or a zone that nobody knows.
    """
    text = " ".join(text.removeprefix("\ufeff").split())
    zone: tzinfo | None = None
    named = _ZONE.fullmatch(text)
    if named and named[2].upper() not in ("AM", "PM"):
        text, zone = named[1], _zone(named[2])
    if len(text) <= len("2026-04-03"):  # a day is no time
        raise ValueError(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = _loosely(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone or UTC)
    elif zone is not None:
        raise ValueError(text)
    if not 1990 <= time.year <= 2200:
        raise ValueError(text)
    return time.astimezone(UTC)


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name.upper() in ("Z", "UTC", "GMT") else ZoneInfo(name)
    except (OSError, LookupError) as error:
        raise ValueError(name) from error


def _loosely(text: str) -> datetime:
    """Read what other tools write; what is left out must not come from today's date."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of zones that it does not know
            first, second = (
                dateutil_parser.parse(text, default=default)
                for default in (datetime(2001, 1, 1, 1, 1), datetime(2002, 2, 2, 2, 2))
            )
    except (OverflowError, Warning) as error:
        raise ValueError(text) from error
    if first != second:
        raise ValueError(text)
    return datetime.fromisoformat(first.isoformat())


def as_text(time: datetime) -> str:
    """Return what ``timestamp.txt`` holds: ISO 8601 with an offset, which nbgrader reads."""
    return f"{time.isoformat()}\n"
