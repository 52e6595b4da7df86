"""A wire between a product and its PostgreSQL that can lose what it carries: commits happen, and nobody hears of it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

DESK = b"gate-desk"
COMMITTED = b"COMMIT\0"  # the server's word that it has


class WireBetween:
    """Passes on what comes, until it is told to lose the answer to the desk's next commit, or is cut."""

    def __init__(self, database_url: str) -> None:
        address = urlsplit(database_url)
        self.server = (address.hostname or "127.0.0.1", address.port or 5432)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        place = f"{address.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}"
        self.url = address._replace(netloc=place).geturl()
        self.armed, self.lost, self.is_cut = threading.Event(), threading.Event(), False
        self.cuts_then = False
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept_on, daemon=True).start()

    def lose_next_answer(self, and_cut: bool = False) -> None:
        """The desk's next commit will happen unheard; with `and_cut` nothing passes after it until `mend`."""
        self.lost.clear()
        self.cuts_then = and_cut
        self.armed.set()

    def mend(self) -> None:
        """As when a cable is plugged in again: what was connected is gone, and one can connect anew."""
        self.is_cut = False
        for pair in self.pairs:
            for end in pair:
                close(end)
        self.pairs = []

    def close(self) -> None:
        close(self.listener)
        self.mend()

    def _accept_on(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.is_cut:
                    close(client)
                else:
                    self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self.server)
        except OSError:
            close(client)
            return
        self.pairs.append((client, server))
        is_desk = threading.Event()
        threading.Thread(target=self._pass_up, args=(client, server, is_desk), daemon=True).start()
        threading.Thread(target=self._pass_down, args=(server, client, is_desk), daemon=True).start()

    def _pass_up(self, client: socket.socket, server: socket.socket, is_desk: threading.Event) -> None:
        begun = b""
        with suppress(OSError):
            while data := client.recv(65_536):
                if len(begun) < 2_000:
                    begun += data
                    if DESK in begun:
                        is_desk.set()
                if not self.is_cut:
                    server.sendall(data)
        close(server)

    def _pass_down(self, server: socket.socket, client: socket.socket, is_desk: threading.Event) -> None:
        is_lost = False
        with suppress(OSError):
            while data := server.recv(65_536):
                if self.armed.is_set() and is_desk.is_set() and COMMITTED in data:
                    self.armed.clear()
                    is_lost, self.is_cut = True, self.cuts_then
                    self.lost.set()
                if not (is_lost or self.is_cut):
                    client.sendall(data)
        close(client)


def close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
