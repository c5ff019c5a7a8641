"""A cluster of one node that Slurm manages, for tests: its own daemons, ports, key and files."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pools import wait_until

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
"""Programs of Debian's slurm-wlm and munge."""

CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={top}/munge.socket
CredType=cred/munge
StateSaveLocation={top}/state
SlurmdSpoolDir={top}/spool
SlurmctldPidFile={top}/slurmctld.pid
SlurmdPidFile={top}/slurmd.pid
SlurmctldLogFile={top}/slurmctld.log
SlurmdLogFile={top}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
"""


def find_obstacle() -> str | None:
    """Return why no such cluster can be started here; None: it can."""
    missing = [each for each in NEEDED if shutil.which(each) is None]
    if missing:
        return f"needs {', '.join(missing)}: apt-get install slurm-wlm munge"
    return None if os.geteuid() == 0 else "its daemons need root"


@contextmanager
def open_cluster() -> Iterator[dict[str, str]]:
    """Start the daemons; yield the variables by which Slurm's commands find them; end them."""
    # Not pytest's directory: the path of a socket has at most 107 characters.
    with TemporaryDirectory(prefix="slurm-") as made, ExitStack() as running:
        top = Path(made)
        key = top / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        for name in ("state", "spool"):
            (top / name).mkdir()
        controller, node = find_ports(2)
        conf = top / "slurm.conf"
        conf.write_text(
            CONF.format(
                top=top, host=socket.gethostname(), controller=controller, node=node,
                cpus=os.cpu_count(),
            )
        )  # fmt: skip
        variables = {"SLURM_CONF": str(conf)}
        files = {
            each: f"--{each}-file={top}/munge.{each}" for each in ("key", "pid", "log", "seed")
        }
        running.enter_context(
            daemon(
                "munged", "--foreground", "--force", f"--socket={top}/munge.socket", *files.values()
            )
        )
        wait_until((top / "munge.socket").exists)
        running.enter_context(daemon("slurmctld", "-D", **variables))
        running.enter_context(daemon("slurmd", "-D", **variables))
        wait_until(lambda: "idle" in ask(variables, "sinfo", "--noheader", "--format=%T"), 30)
        yield variables


@contextmanager
def daemon(*command: str, **variables: str) -> Iterator[None]:
    """A daemon that runs meanwhile."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **variables},
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(variables: dict[str, str], *command: str) -> str:
    """Return what one of Slurm's commands prints."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    return done.stdout


def find_ports(number: int) -> list[int]:
    """Return ports that nobody uses now."""
    with ExitStack() as held:
        opened = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in opened]
