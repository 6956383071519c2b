"""Who may do what: tokens with a role, and whose repositories they open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import InputValueError
from .errors import wrong_token

__all__ = [
    "LOCAL_USER",
    "Token",
    "User",
    "create_token",
    "is_loopback",
    "is_open",
    "list_tokens",
    "revoke_token",
    "token_of_browser",
    "user_of",
]

LOCAL_USER = "local"
"""Who everybody with any token is as long as no token was created."""

_TOKEN = re.compile(r"hf_([0-9a-f]{12})([0-9A-Za-z]{32})")
_ASKS_FOR_TOKENS = "asks_for_tokens"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class User:
    """Who sends a request."""

    name: str
    role: str  # read, write
    namespaces: frozenset[str]  # whose repositories are open to them; "*" means everybody's

    def owns(self, namespace: str) -> bool:
        """Whether private repositories of `namespace` can be seen."""
        return "*" in self.namespaces or namespace.lower() in self.namespaces

    def may_write(self, namespace: str) -> bool:
        """Whether repositories of `namespace` can be changed."""
        return self.role == "write" and self.owns(namespace)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; its secret half is known to its holder alone."""

    id: str
    user: str
    role: str
    namespaces: tuple[str, ...]
    name: str
    created: float


def create_token(
    db: sqlite3.Connection, user: str, role: str, namespaces: Iterable[str] = (), name: str = ""
) -> tuple[str, Token]:
    """A new token, and what is kept of it.

    Raises:
        InputValueError: `user`, `role` or a namespace cannot be one.
    """
    if role not in ("read", "write"):
        raise InputValueError(f"a token's role is read or write, not {role!r}")
    spaces = tuple(dict.fromkeys([user.lower(), *(space.lower() for space in namespaces)]))
    for space in spaces:
        if (space != "*" or user == "*") and not re.fullmatch(r"[a-z0-9_][a-z0-9._-]{0,95}", space):
            raise InputValueError(f"{space!r} cannot be a user or namespace: use letters, digits, -, _ and .")
    identity = secrets.token_hex(6)
    secret = "".join(secrets.choice(_LETTERS) for _ in range(32))
    token = Token(identity, user, role, spaces, name, time.time())
    db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (_ASKS_FOR_TOKENS, "yes"))
    db.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)",
        (identity, _hash(secret), user, role, " ".join(spaces), name, token.created),
    )
    return f"hf_{identity}{secret}", token


def list_tokens(db: sqlite3.Connection) -> list[Token]:
    """All tokens, the oldest first."""
    rows = db.execute("SELECT * FROM tokens ORDER BY created, id")
    return [
        Token(row["id"], row["user"], row["role"], tuple(row["namespaces"].split()), row["name"], row["created"])
        for row in rows
    ]


def revoke_token(db: sqlite3.Connection, identity: str) -> Token:
    """Make a token useless; `identity` is its id, or the token itself.

    Raises:
        InputValueError: there is none.
    """
    match = _TOKEN.fullmatch(identity)
    identity = match[1] if match else identity
    for token in list_tokens(db):
        if token.id == identity:
            db.execute("DELETE FROM tokens WHERE id = ?", (identity,))
            return token
    raise InputValueError(f"there is no token with id {identity[:16]!r}; `leanformers hub token list` shows them")


def is_loopback(host: str) -> bool:
    """Whether a name or address, without a port, can only be this machine's."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_open(db: sqlite3.Connection) -> bool:
    """Whether no token was ever created. To revoke the last one does not open the hub again."""
    return db.execute("SELECT 1 FROM settings WHERE name = ?", (_ASKS_FOR_TOKENS,)).fetchone() is None


def user_of(db: sqlite3.Connection, authorization: str | None) -> User | None:
    """Who sends `Authorization: authorization`; None when nobody is named.

    In an open hub, any token names the local owner. (A token must be there even so: pages of other sites in the owner's
    browser can send requests to a loopback address, but not with this header.)

    Raises:
        HubError: 401, nobody knows this token.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    if is_open(db):
        return User(LOCAL_USER, "write", frozenset("*"))
    match = _TOKEN.fullmatch(token.strip())
    row = db.execute("SELECT * FROM tokens WHERE id = ?", (match[1],)).fetchone() if match else None
    if match is None or row is None or not hmac.compare_digest(row["hash"], _hash(match[2])):
        raise wrong_token()
    return User(row["user"], row["role"], frozenset(row["namespaces"].split()))


def token_of_browser(authorization: str | None) -> str | None:
    """`Authorization: Basic …`, as browsers send it after asking for a password, as the token that the password is.

    For requests that only read: a browser sends it with all requests to a hub, those of other sites' pages too.
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return authorization
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return f"Bearer {password or name}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
