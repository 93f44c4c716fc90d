"""The address of a gradebook: a file or a server's database; its password is never shown (*trusted*, standard library only).

nbgrader reads the same address, so nothing is rewritten here that it would not understand; what is sure to fail is said
while the course file is read, and not by a driver in the middle of a night.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote

HIDDEN = "***"
POSTGRES = "postgresql"
# libpq's own options, unless the address says otherwise: a server that does not answer is given up soon, and one that went
# away without a word (a pulled cable) is noticed within half a minute, where the system's own way takes hours.
_LIBPQ = {
    "application_name": "autograder",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_LIBPQ_DRIVERS = {"", "psycopg", "psycopg2"}  # SQLAlchemy's default is one of the two
_SECRET = re.compile(
    r"(?i)pass(?!file)|pwd|secret|token|api_?key"
)  # in the name of an option; passfile is a path
_OPTION = re.compile(r"([?&][^=&?]*)=([^&]*)")


def kind(db_url: str) -> str:
    """Return which database it is, without the driver: ``sqlite``, ``postgresql``, …; empty if it is no address."""
    scheme, there, _ = db_url.partition("://")
    return scheme.split("+")[0].lower() if there else ""


def sqlite_file(db_url: str) -> Path | None:
    """Return the file that an SQLite gradebook is in; None of every other database, and of one in memory."""
    if kind(db_url) != "sqlite":
        return None
    path = db_url.partition("://")[2].partition("?")[0].removeprefix("/")
    return Path(unquote(path)) if path and path != ":memory:" else None


def shown(db_url: str) -> str:
    """Return the address as people may see it: without a password, wherever in it one can stand.

    It is made for addresses with slips in them, too: rather too much is hidden than a letter shown.
    """
    if kind(db_url) == "sqlite":
        return db_url
    scheme, there, rest = _parts(_OPTION.sub(_hide_option, db_url))
    who, at, where = rest.rpartition("@")
    user, colon, _ = who.partition(":")
    return f"{scheme}{there}{user}{colon}{HIDDEN if colon else ''}{at}{where}"


def without_secrets(text: str, db_url: str) -> str:
    """Return a text, as of a driver's error, in which no secret of the address stands."""
    text = text.replace(db_url, shown(db_url)) if db_url else text
    for secret in sorted(_secrets(db_url), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def has_password(db_url: str) -> bool:
    """Tell whether a secret stands in the address."""
    return bool(_secrets(db_url))


def complaint(db_url: str) -> str:
    """Return what is wrong with an address before anybody is asked, or nothing; the password is not in it."""
    found = kind(db_url)
    if not db_url:
        return ""
    if not found:
        return "it is no address; write sqlite:////folder/gradebook.db or postgresql://user@host/database"
    if found == "postgres":
        return "write postgresql:// for postgres://, which nbgrader's library does not know"
    if found != POSTGRES:
        return ""
    rest = _parts(db_url)[2]
    before = rest.partition("?")[0]
    who, _, where = (before if "@" in before else rest).rpartition("@")
    if "@" in who or "/" in who.partition(":")[0]:
        return "in a user's name and in a password write %40 for @, %2F for /, %3A for : and %25 for %"
    host = where.partition("/")[0]
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    if port and not port.isdecimal():
        return "the port, after the host's name and a colon, is no number"
    return ""


def patient(db_url: str) -> str:
    """Return the address with options that give a dead server up in time, as far as it does not say them itself."""
    scheme, there, rest = db_url.partition("://")
    database, _, driver = scheme.partition("+")
    if not there or database != POSTGRES or driver not in _LIBPQ_DRIVERS:
        return db_url
    said = {name for name, _ in parse_qsl(rest.partition("?")[2], keep_blank_values=True)}
    more = "&".join(f"{name}={value}" for name, value in _LIBPQ.items() if name not in said)
    if not more:
        return db_url
    return f"{db_url}{'&' if '?' in rest else '?'}{more}"


def _parts(address: str) -> tuple[str, str, str]:
    """Return scheme, ``://`` and what follows; without the sign, all of it follows."""
    scheme, there, rest = address.partition("://")
    return (scheme, there, rest) if there else ("", "", address)


def _hide_option(option: re.Match[str]) -> str:
    return f"{option[1]}={HIDDEN}" if _SECRET.search(unquote(option[1])) else option[0]


def _secrets(db_url: str) -> set[str]:
    """Return what must not be shown, as it is written and as it is meant."""
    if kind(db_url) == "sqlite":
        return set()
    rest = _parts(db_url)[2]
    after = rest.partition(":")[2]
    found = {
        after[:place] for place, sign in enumerate(after) if sign == "@"
    }  # which of them ends it, nobody knows
    found |= {value for name, value in _OPTION.findall(db_url) if _SECRET.search(unquote(name))}
    return {text for secret in found for text in (secret, unquote(secret)) if text}
