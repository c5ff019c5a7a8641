"""Interpreters that are kept between sweeps: found again, left alone, ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from pools import gone, job, pool, value, wait_until

from runner.errors import ConfigError
from runner.processes import keep_warm, keeping
from runner.processes.messages import Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    """Keep interpreters in a directory of the test's own, whose path is short; end them after."""
    runtime = tempfile.mkdtemp(dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv(keep_warm.VARIABLE, "60s")
    yield Path(runtime)
    left = interpreters(runtime)
    keep_warm.end_all()
    wait_until(lambda: all(map(gone, left)))
    shutil.rmtree(runtime)


def interpreters(runtime) -> list[int]:
    """Return the process ids of the interpreters whose sockets are in a directory."""
    found = {}
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if (line := each.cmdline()) and f'["{runtime}/' in line[-1]:
                found[each.pid] = each.ppid()
    return [pid for pid, parent in found.items() if parent not in found]  # not what they forked


def look(path: str | None = None) -> dict[str, object]:
    import random

    return {
        "parents": [os.getppid(), os.popen(f"ps -o ppid= -p {os.getppid()}").read().strip()],
        "seed": os.environ["PYTHONHASHSEED"],
        "hash": hash("a"),
        "drawn": random.random(),
        "cwd": os.getcwd(),
        "variable": os.environ.get("SEEN"),
        "module": __import__(path).VALUE if path else None,
    }


def see(*arguments: object, **settings):
    with pool("fork", kept=True, **settings) as one:
        (outcome,) = one.run([job(look, *arguments)])
    found = value(outcome)
    assert outcome.parent_pid == found["parents"][0]
    assert str(outcome.hash_seed) == found["seed"]
    return found


def test_the_next_pool_gets_another_child_of_the_same_interpreter(kept):
    first, second = see(), see()
    (interpreter,) = interpreters(kept)
    assert first["parents"][1] == second["parents"][1] == str(interpreter)
    assert first["parents"][0] != second["parents"][0]
    assert first["hash"] == second["hash"]
    assert first["drawn"] != second["drawn"]


def test_warm_parents_of_one_pool_have_interpreters_and_hash_seeds_of_their_own(kept):
    with pool("fork", workers=2, parents=2, kept=True) as one:
        jobs = [job(look, key=n, parent=n) for n in range(2)]
        found = [value(outcome) for outcome in one.run(jobs)]
    assert len({each["seed"] for each in found}) == 2
    assert len(interpreters(kept)) == 2


def test_a_hash_seed_that_is_asked_for_is_the_one(kept):
    assert see(hash_seed=7)["seed"] == "7"
    assert see()["seed"] != "7"


def test_directory_environment_and_modules_are_those_of_the_command(tmp_path, monkeypatch):
    from runner.trust.importer import find_modules_in

    monkeypatch.setenv("RUNNER_TRUST", "a_module")
    for number in range(2):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "a_module.py").write_text(f"VALUE = {number}")
        monkeypatch.chdir(directory)
        find_modules_in(str(directory))
        found = see("a_module")
        assert (found["cwd"], found["module"]) == (str(directory), number)
    find_modules_in(None)


def test_another_environment_gets_another_interpreter(kept, monkeypatch):
    first = see()
    monkeypatch.setenv("SEEN", "x" * 100_000)
    second = see()
    assert len(interpreters(kept)) == 2
    assert first["variable"] is None
    assert second["variable"] == "x" * 100_000


def test_a_pool_whose_interpreter_is_killed_goes_on_with_another(kept):
    with pool("fork", kept=True) as one:
        (outcome,) = one.run([job(look)])
        (killed,) = interpreters(kept)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: gone(outcome.parent_pid))
        (again,) = one.run([job(look)])
    assert again.status is Status.OK
    assert again.hash_seed != outcome.hash_seed


def test_a_warm_parent_that_is_killed_is_replaced(kept):
    with pool("fork", kept=True) as one:
        (outcome,) = one.run([job(look)])
        os.kill(outcome.parent_pid, signal.SIGKILL)
        (again,) = one.run([job(look)])
    assert again.parent_pid != outcome.parent_pid
    assert again.hash_seed == outcome.hash_seed


def kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def test_a_job_that_kills_its_warm_parent_is_given_up():
    with pool("fork", kept=True) as one:
        (outcome,) = one.run([job(kill_parent)])
    assert outcome.status is Status.LOST
    assert outcome.reason == "its warm parent died 3 times, last: it ended"


def test_it_ends_when_nobody_has_asked_for_long_enough(kept, monkeypatch):
    monkeypatch.setenv(keep_warm.VARIABLE, "1s")
    see()
    wait_until(lambda: not interpreters(kept))
    assert not list(kept.glob("*/*"))


def test_one_that_is_ended_lets_its_sweep_come_to_its_end(kept):
    with pool("fork", kept=True) as one:
        (outcome,) = one.run([job(look)])
        keep_warm.end_all()
        time.sleep(2 * 1.1)
        (again,) = one.run([job(look)])
        assert again.parent_pid == outcome.parent_pid
    wait_until(lambda: not interpreters(kept))


def test_what_lies_in_the_place_of_the_directory_is_not_used(kept, tmp_path):
    (kept / "runner-warm").symlink_to(tmp_path)
    see()
    assert keep_warm.place() == kept / "runner-warm"
    assert not keep_warm.place().is_symlink()
    assert keep_warm.place().stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), ("0", 0)])
def test_times(text, seconds):
    assert keep_warm.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "-1m", "ten minutes", "1d"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ConfigError, match="--keep-warm: must be a time such as 90s, 10m or 1h"):
        keep_warm.parse_duration(text)


def test_the_option_is_taken_out_of_the_command_line(kept):
    assert keep_warm.take_option(["a=1", "--keep-warm", "5m", "-m"]) == ["a=1", "-m"]
    assert os.environ[keep_warm.VARIABLE] == "5m"
    see()
    assert len(interpreters(kept)) == 1
    assert keep_warm.take_option(["--keep-warm=0"]) == []
    wait_until(lambda: not interpreters(kept))
    assert not keep_warm.kept_seconds()


def test_what_is_installed_is_kept_and_what_is_not_is_imported_anew(tmp_path, monkeypatch):
    (tmp_path / "own_module.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    asked = ["numpy.linalg", "own_module", "runner.text", "no_such_module"]
    assert keeping.find_libraries(asked) == ("numpy.linalg", "runner.text")
