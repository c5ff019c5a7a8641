"""An agent: on a node, it opens a pool with warm parents and runs the jobs that a sweep sends it.

The engine calls `host_agent`, which connects to the sweep and starts the agent in an interpreter of
its own: what engines do to their processes (threads, numbers of threads, handlers of signals) must
not reach the runs. The agent ends when the sweep or its host ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import NoReturn

from runner.engines.agent_messages import AgentFailed, AgentReady, AgentStart, Ticket
from runner.engines.agent_socket import Link, connect
from runner.errors import WorkerError
from runner.processes.devices import list_places
from runner.processes.job_process import command_line
from runner.processes.messages import Job, ended
from runner.processes.pool import Pool

SEEN_S = 15.0
"""Seconds after which a file written elsewhere must be seen in a shared directory."""

END_S = 10.0
"""Seconds that an agent has to end by itself; its warm parents have less."""


class _Ended(BaseException):
    """The sweep or the host has ended, or somebody ends this agent."""


def host_agent(ticket: Ticket) -> str:
    """Connect to the sweep, start an agent for it and wait for its end.

    Returns:
        One line on how the agent ended.

    Raises:
        OSError: the sweep cannot be reached, or its current directory is not there.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the sweep decides what Ctrl-C means
    with connect(ticket, socket.gethostname()) as link:
        try:
            start: AgentStart = link.recv()
        except EOFError:
            return "the sweep had ended"
        try:
            process = _start_agent(start, link)
        except OSError as error:
            reason = f"{socket.gethostname()} cannot start an agent in {start.directory}"
            link.send(AgentFailed(f"{reason}: {error.strerror}"))
            return reason
    assert process.stdin is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(start, process.stdin)
            process.stdin.flush()
        code = process.wait()
    except BaseException:
        process.stdin.close()  # this asks the agent to end
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        process.kill()
        raise
    return f"its agent was {ended(code)}" if code else "its agent has ended"


def _start_agent(start: AgentStart, link: Link) -> subprocess.Popen[bytes]:
    kept = {k: v for k, v in os.environ.items() if k.startswith(start.node_prefixes)}
    return subprocess.Popen(
        command_line(serve_agent, json.dumps(link.fileno()), start.modules, start.path),
        stdin=subprocess.PIPE,
        env={**start.environment, **kept},
        cwd=start.directory,
        pass_fds=[link.fileno()],
        # A signal to the host's process group, as from a terminal, is for the host.
        start_new_session=True,
    )


def serve_agent(descriptor: str) -> NoReturn:
    """Be an agent until the sweep or the host closes its end; never return.

    Args:
        descriptor: number of the descriptor that is connected to the sweep.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # runs start as elsewhere
    signal.signal(signal.SIGTERM, _end)
    ended_by_signal = False
    link: Link = Connection(int(descriptor))
    os.set_inheritable(link.fileno(), False)
    try:
        start: AgentStart = pickle.load(sys.stdin.buffer)  # nothing follows it
        sys.argv[:] = start.argv
        _serve(start, link)
    except ConnectionError:
        pass  # the sweep has ended
    except _Ended:
        ended_by_signal = True
    finally:
        # No exit handlers run, and no thread is waited for.
        link.close()
        sys.stdout.flush()
        sys.stderr.flush()
        if ended_by_signal:  # and its host says so
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)


def _serve(start: AgentStart, link: Link) -> None:
    """Run the jobs that arrive.

    Raises:
        _Ended: the sweep or the host has ended.
    """
    if not _sees(start):
        what = f"{socket.gethostname()} does not see the sweep's directory {start.shared}"
        link.send(AgentFailed(f"{what}, which must be shared by all nodes"))
        return
    pool = start.pool
    orders: queue.SimpleQueue[Sequence[Job]] = queue.SimpleQueue()
    with Pool(
        workers=pool.workers,
        parents=pool.parents,
        isolation=pool.isolation,
        preload=pool.preload,
        setup=pool.setup,
        places=list_places(pool.runs_per_gpu) if start.places is None else start.places,
    ) as opened:
        threading.Thread(target=_listen, args=(link, orders), daemon=True).start()
        link.send(AgentReady())
        while True:
            try:
                for outcome in opened.run(orders.get()):
                    link.send(outcome)
            except WorkerError as error:
                link.send(AgentFailed(str(error)))
                return


def _listen(link: Link, orders: queue.SimpleQueue[Sequence[Job]]) -> None:
    """Pass on the jobs that arrive; end this process when the sweep or the host ends."""
    with contextlib.suppress(EOFError, OSError):
        while 0 not in wait([link, 0]):
            orders.put(link.recv())
    os.kill(os.getpid(), signal.SIGTERM)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End this agent: its pool kills what runs.

    Raises:
        _Ended: always.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended


def _sees(start: AgentStart) -> bool:
    """Return whether this node sees the sweep's directory. Network file systems may be slow."""
    mark = Path(start.shared, start.mark)
    deadline_s = time.monotonic() + SEEN_S
    while not mark.exists():
        if time.monotonic() > deadline_s:
            return False
        with contextlib.suppress(OSError):
            os.listdir(start.shared)  # has a network file system look again
        time.sleep(0.2)
    return True
