"""Running the server: the socket, the rules for who may be let in, and a clean end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from ...errors import InputValueError
from .access import is_loopback, is_open
from .app import HubApp
from .hub import INDEX, Hub, Rules
from .pages import page_routes
from .plain_folder import PlainFolder

__all__ = ["serve"]


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    rules: Rules | None = None,
    allow_anonymous: bool = False,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve the hub in `folder` until the process is interrupted.

    Args:
        folder: made when it is missing. With `rules.read_only`, a hub, or a plain folder of model folders.
        host: a loopback address, unless tokens were created or `allow_anonymous`.
        port: 0 takes a free one.
        started: called with the URL when the socket is open.

    Raises:
        InputValueError: everybody in the network could write; or the address cannot be used.
    """
    rules = rules or Rules()
    hub = _hub(folder, rules)
    if not is_loopback(host) and is_open(hub.index.read) and not (allow_anonymous or rules.read_only):
        raise InputValueError(
            f"on {host} everybody in the network could change everything, because no token was ever created: "
            f"run `leanformers hub token create {folder} USER` first, or serve with --allow-anonymous"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)  # from here on clients wait rather than fail, until the server has started
    except OSError as error:
        listening.close()
        raise InputValueError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    with listening:
        name = f"[{host}]" if ":" in host else host
        if started is not None:
            started(f"http://{name}:{listening.getsockname()[1]}")
        config = uvicorn.Config(
            HubApp(hub, page_routes(), local=is_loopback(host)),
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=15,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _hub(folder: Path, rules: Rules) -> Hub:
    if not rules.read_only or (folder / INDEX).is_file():
        return Hub(folder, rules, create=not rules.read_only)
    if not folder.is_dir():
        raise InputValueError(f"no such directory: {folder}")
    plain = PlainFolder(folder, rules)
    plain.look_again()
    return plain
