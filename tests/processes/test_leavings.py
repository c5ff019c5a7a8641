"""What jobs leave in their temporary directories, of any type: none of it stays or hurts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import pytest
from pools import ROOT, both, job, pool, value

from runner.processes.messages import Isolation, Status
from runner.processes.private_directory import empty_directory, remove_tree

# The jobs below are sent as code: a child that imported this file would import pytest with it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

DEEP = 1100
"""Directories inside each other: more than Python calls functions, and a path has bytes for."""


def leave_directory(outside: str) -> None:
    Path(tempfile.mkdtemp(), "file").write_text("x")


def leave_read_only_directory(outside: str) -> None:
    directory = Path(tempfile.mkdtemp(), "inside")
    directory.mkdir()
    (directory / "file").touch()
    directory.chmod(0)
    directory.parent.chmod(0o500)


def leave_pipes(outside: str) -> None:
    os.mkfifo(Path(tempfile.gettempdir(), "pipe"))
    os.chdir(tempfile.mkdtemp())  # the path of a socket must be short
    socket.socket(socket.AF_UNIX).bind("socket")


def leave_links(outside: str) -> None:
    directory = tempfile.mkdtemp()
    for place in (directory, tempfile.gettempdir()):
        Path(place, "to_directory").symlink_to(outside)
        Path(place, "to_file").symlink_to(Path(outside, "kept"))
        Path(place, "nowhere").symlink_to("no-such")


def leave_odd_names(outside: str) -> None:
    for name in (b"a\nb", b"\xff\xfe", b" ", b"-rf", b"*", b"x" * 255):
        with open(os.path.join(os.fsencode(tempfile.gettempdir()), name), "w"):
            pass
        os.mkdir(os.path.join(os.fsencode(tempfile.mkdtemp()), name))


def leave_deep_tree(outside: str) -> None:
    os.chdir(tempfile.gettempdir())
    for _ in range(DEEP):
        os.mkdir("deep")
        os.chdir("deep")
    Path("file").touch()


def leave_thousands(outside: str) -> None:
    directory = tempfile.mkdtemp()
    for number in range(5000):
        with open(f"{directory}/{number}", "w"):
            pass


def leave_names_of_the_pool(outside: str) -> None:
    for name in ("stderr", "1", "1.part", "1.tmp", "1.stderr", "1.order"):
        Path(tempfile.gettempdir(), name).mkdir()


def remove_own(outside: str) -> None:
    shutil.rmtree(tempfile.gettempdir())


def replace_own(outside: str) -> None:
    directory = tempfile.gettempdir()
    os.rmdir(directory)
    Path(directory).touch()


def link_own(outside: str) -> None:
    directory = tempfile.gettempdir()
    os.rmdir(directory)
    Path(directory).symlink_to(outside)


def remove_pools(outside: str) -> None:
    shutil.rmtree(Path(tempfile.gettempdir()).parents[1])


def replace_pools(outside: str) -> None:
    directory = Path(tempfile.gettempdir()).parents[1]
    shutil.rmtree(directory)
    directory.write_text("mine now")


def link_pools(outside: str) -> None:
    for directory in Path(tempfile.gettempdir()).parents[:2]:
        shutil.rmtree(directory)
        directory.symlink_to(outside)


def replace_answer(outside: str) -> None:
    own = Path(tempfile.gettempdir())
    (own.with_suffix("") / "inside").mkdir(parents=True)
    os.mkfifo(own.parent / "pipe")
    (own.parent / "stderr").unlink()
    (own.parent / "stderr").mkdir()


LEAVE: tuple[Callable[[str], None], ...] = (
    leave_directory, leave_read_only_directory, leave_pipes, leave_links, leave_odd_names,
    leave_deep_tree, leave_thousands, leave_names_of_the_pool, remove_own, replace_own, link_own,
    remove_pools, replace_pools, link_pools,
)  # fmt: skip


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where the pool makes its temporary files; not too long for the path of a socket."""
    directory = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    yield directory
    remove_tree(str(directory))


@both
@pytest.mark.parametrize("leave", LEAVE, ids=lambda each: each.__name__)
def test_what_a_job_leaves_does_not_stay(
    isolation: Isolation, leave: Callable[[str], None], temporary: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    with pool(isolation) as one:
        first, last = one.run([job(leave, str(outside)), job(tempfile.mkdtemp, key=1)])
        value(first)
        assert not Path(value(last)).exists()
    assert list(temporary.iterdir()) == []
    assert (outside / "kept").read_text() == "kept"
    assert len(list(outside.iterdir())) == 1


@both
def test_a_directory_where_the_answer_should_be_is_a_failed_job(
    isolation: Isolation, temporary: Path
) -> None:
    with pool(isolation) as one:
        first, last = one.run([job(replace_answer, ""), job(int, key=1)])
        assert (first.status, first.reason) == (Status.EXITED, "left by os._exit(1)")
        assert value(last) == 0
    assert list(temporary.iterdir()) == []


@both
def test_a_pipe_in_the_place_of_the_log_holds_nothing_up(
    isolation: Isolation, temporary: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    def replaces_its_log() -> None:
        log.unlink()
        os.mkfifo(log)
        os._exit(3)

    with pool(isolation) as one:
        (outcome,) = one.run([job(replaces_its_log, log=log)])
    assert (outcome.reason, outcome.log_tail) == ("left by os._exit(3)", "")


def test_a_large_file_that_the_log_is_a_link_to_is_not_cut(temporary: Path, tmp_path: Path) -> None:
    log, large = tmp_path / "log", tmp_path / "large"
    large.write_bytes(b"x" * (20 * 2**20))

    def replaces_its_log() -> None:
        log.unlink()
        log.symlink_to(large)
        time.sleep(0.3)

    with pool("fork") as one:
        (outcome,) = one.run([job(replaces_its_log, log=log)])
    value(outcome)
    assert large.stat().st_size == 20 * 2**20


def test_a_directory_that_is_filled_meanwhile_is_left_in_the_end(tmp_path: Path) -> None:
    directory = tmp_path / "filled"
    directory.mkdir()
    pid = os.fork()
    if pid == 0:
        end_s = time.monotonic() + 1
        number = 0
        while time.monotonic() < end_s:
            number += 1
            try:
                (directory / f"d{number}").mkdir()
                (directory / f"d{number}" / "file").touch()
            except OSError:
                pass
        os._exit(0)
    for _ in range(20):
        empty_directory(str(directory))
    os.waitpid(pid, 0)
    remove_tree(str(directory))
    assert not directory.exists()


CLOSED = """
import os, sys
from pathlib import Path
from runner.processes.private_directory import remove_tree
top = Path("top")
for directory in (top / "a" / "b", top / "c"):
    directory.mkdir(parents=True)
    (directory / "file").touch()
for directory, mode in ((top / "a" / "b", 0), (top / "a", 0o500), (top / "c", 0o400), (top, 0o500)):
    directory.chmod(mode)
try:
    (top / "new").touch()
except PermissionError:
    remove_tree("top")
    sys.exit(top.exists())
sys.exit("whoever runs this may write everywhere")
"""


def test_permissions_that_their_owner_took_keep_nothing(tmp_path: Path) -> None:
    bare: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv")
        bare = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    command = [*bare, sys.executable, "-c", CLOSED]
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
