"""The sockets between a sweep and its agents: both sides know each other, and notice a death."""

from __future__ import annotations

import contextlib
import queue
import secrets
import socket
import struct
import threading
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Pipe, answer_challenge, deliver_challenge
from typing import Any, TypeAlias

from runner.engines.agent_messages import Hello, Ticket

Link: TypeAlias = "Connection[Any, Any]"

CONNECT_S = 30.0
"""Seconds in which a connection must be made, and each side must have shown that it has the key."""


@dataclass(frozen=True)
class Patience:
    """How long the other side may be silent before it is taken for dead.

    The system asks it whether it is there; what it runs need not answer.
    """

    idle_s: int
    interval_s: int
    probes: int


# An agent gives up first: its runs may be made again elsewhere once the sweep gives up, and two
# processes must not write the same files.
AGENT_PATIENCE = Patience(idle_s=10, interval_s=5, probes=3)
SWEEP_PATIENCE = Patience(idle_s=30, interval_s=10, probes=6)


def connect(ticket: Ticket, node: str) -> Link:
    """Connect an agent's host to its sweep, and say hello.

    Raises:
        OSError: the sweep cannot be reached.
        AuthenticationError: what listens there is not the sweep.
    """
    made = socket.create_connection((ticket.host, ticket.port), CONNECT_S)
    made.settimeout(None)
    keep_alive(made, AGENT_PATIENCE)
    link: Link = Connection(made.detach())
    answer_challenge(link, ticket.key)
    deliver_challenge(link, ticket.key)
    link.send(Hello(ticket.number, ticket.attempt, node))
    return link


def keep_alive(made: socket.socket, patience: Patience) -> None:
    """Have the system notice when the other machine is gone without a word."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    total_s = patience.idle_s + patience.interval_s * patience.probes
    for name, value in {
        "TCP_KEEPIDLE": patience.idle_s,  # macOS has another name for it
        "TCP_KEEPALIVE": patience.idle_s,
        "TCP_KEEPINTVL": patience.interval_s,
        "TCP_KEEPCNT": patience.probes,
        "TCP_USER_TIMEOUT": total_s * 1000,
    }.items():
        option = getattr(socket, name, None)
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)


class Lobby:
    """Accepts the connections of agents' hosts. Whoever lacks the key is turned away."""

    def __init__(self, *, local: bool) -> None:
        """Listen on a free port.

        Args:
            local: accept connections from this machine only.
        """
        self.key = secrets.token_bytes(32)
        self._listening = socket.create_server(("127.0.0.1" if local else "", 0))
        self.port: int = self._listening.getsockname()[1]
        self.bell: Link
        """Readable when somebody has arrived."""
        self.bell, self._ring = Pipe(duplex=False)
        self._arrived: queue.SimpleQueue[tuple[Hello, Link]] = queue.SimpleQueue()
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> list[tuple[Hello, Link]]:
        """Return who has arrived since the last call."""
        while self.bell.poll():
            self.bell.recv()
        arrived = []
        with contextlib.suppress(queue.Empty):
            while True:
                arrived.append(self._arrived.get_nowait())
        return arrived

    def close(self) -> None:
        """Accept nobody any more."""
        with contextlib.suppress(OSError):  # macOS: it is not connected
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._listening.close()
        for _, link in self.take():
            link.close()

    def _accept(self) -> None:
        while True:
            try:
                made, _ = self._listening.accept()
            except OSError:
                return  # closed
            # A thread for each: somebody who says nothing keeps nobody else waiting.
            threading.Thread(target=self._welcome, args=(made,), daemon=True).start()

    def _welcome(self, made: socket.socket) -> None:
        keep_alive(made, SWEEP_PATIENCE)
        _limit_silence(made, CONNECT_S)
        # A second descriptor of the same socket, to lift the limit with.
        with made.dup() as same:
            link: Link = Connection(made.detach())
            try:
                deliver_challenge(link, self.key)
                answer_challenge(link, self.key)
                hello = link.recv()
                _limit_silence(same, 0)
            except (AuthenticationError, EOFError, OSError):
                link.close()
                return
        self._arrived.put((hello, link))
        with contextlib.suppress(OSError):  # the sweep has ended
            self._ring.send(None)


def _limit_silence(made: socket.socket, limit_s: float) -> None:
    """Let reading fail if nothing arrives for so long; 0: never."""
    limit = struct.pack("@ll", int(limit_s), 0)  # C's struct timeval
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
