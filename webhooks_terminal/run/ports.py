"""Ports and addresses of this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket

from webhooks_terminal.run.trouble import TroubleError


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on now. Somebody may take it before its user starts: who uses it tries again."""
    with socket.create_server((host, 0)) as server:
        return int(server.getsockname()[1])


def require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except PermissionError as error:
        raise TroubleError(f"port {port} needs more rights; choose one above 1023: make run PORT=8001") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise TroubleError(f"port {port} is taken; choose another: make run PORT={port + 1}") from error
        raise TroubleError(f"cannot listen on {host}:{port}: {error.strerror}") from error


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
