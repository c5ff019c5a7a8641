"""`audit` and `task=script`: scripts as they are, those that misbehave too."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest

DRAWS = """
import numpy as np
x = np.random.rand(20)
np.random.seed(3)
print("result", float(x @ np.random.rand(20)))
"""

SAME = """
import numpy as np
np.random.seed(42)
print("result", *np.random.rand(3))
"""

MISBEHAVING = {
    "raises": ("raise ValueError('no rows')", "ValueError: no rows"),
    "leaves": ("import sys\nsys.exit(3)", "the script exited with status 3"),
    "leaves_with_text": ("import sys\nsys.exit('no data')", "the script ended itself: no data"),
    "kills_itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "ends_hard": ("import os\nos._exit(4)", "os._exit(4)"),
    "is_no_python": ("def (", "SyntaxError"),
    "gives_nothing": ("x = 1", "task.outputs: must name a file"),
}
"""Scripts whose every run fails: name to code, and what the row says."""

ODD = {
    "leaves_well": "import sys\nprint(0.5)\nsys.exit(0)",
    "replaces_stdout": "import io, sys\nprint(0.5)\nsys.stdout = io.StringIO()\nprint(0.7)",
    "changes_directory": (
        "import os\nos.mkdir('a')\nos.chdir('a')\nopen('b', 'w').close()\nprint(0.5)"
    ),
    "prints_much": "for i in range(200000):\n    print('line', 'x' * 100)\nprint(0.5)",
    "starts_processes": (
        "import multiprocessing, subprocess, sys\n"
        "def square(x):\n    return x * x\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "        print(pool.map(square, [1, 2, 3]))\n"
        "    print(subprocess.run([sys.executable, '-c', 'print(7)'], capture_output=True).stdout)"
    ),
    "patches_too": (
        "import random\nimport numpy as np\n"
        "before = np.random.rand\n"
        "np.random.rand = lambda *shape: before(*shape) * 0\n"
        "random.seed = lambda *a: None\n"
        "print(float(np.random.rand()) + 0.5)"
    ),
    "has_threads": (
        "import threading, time\n"
        "def later():\n    time.sleep(0.2)\n    print(0.5)\n"
        "threading.Thread(target=later).start()"
    ),
    "leaves_a_pool": (
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "def later(again):\n"
        "    time.sleep(0.2)\n"
        "    if again:\n        pool.submit(later, False)\n"
        "    else:\n        print(0.5)\n"
        "pool = ThreadPoolExecutor(2)\npool.submit(later, True)"
    ),
    "pickles_functions": (
        "import pickle, random\nkept = pickle.loads(pickle.dumps(random.uniform))\n"
        "assert kept is random.uniform\nprint(0.5)"
    ),
    "writes_at_its_end": (
        "import atexit\nfrom pathlib import Path\n"
        "atexit.register(lambda: Path('end.txt').write_text('0.5'))\nprint(0.5)"
    ),
    "sets_a_variable": (
        "import os, sys\nassert 'keras' not in sys.modules\n"
        "os.environ['KERAS_BACKEND'] = 'tensorflow'\nimport keras\nprint(0.5)"
    ),
    "knows_its_name": (
        "import sys\nfrom pathlib import Path\n"
        "assert __name__ == '__main__' and Path(__file__).name == sys.argv[0].split('/')[-1]\n"
        "assert sys.path[0] == str(Path(__file__).parent) == str(Path.cwd())\nprint(0.5)"
    ),
}
"""Scripts that end well, whatever they do to their surroundings."""


@pytest.fixture
def scripts(tmp_path):
    """Write scripts into the directory in which commands start."""
    place = tmp_path / "work"
    place.mkdir()

    def write(**sources):
        for name, source in sources.items():
            (place / f"{name}.py").write_text(textwrap.dedent(source).lstrip())
        return place

    return write


def sweep_over(names):
    paths = ",".join(f"{name}.py" for name in names)
    trust = [f"--trust=./{name}.py" for name in names]
    return [*trust, "task=script", f"task.script={paths}", "seed=unset", "replicates=2", "-m"]


def test_the_line_that_draws_before_its_seed_is_named(scripts, cli):
    scripts(late=DRAWS)
    ended = cli("audit", "--replicates", "3", "--explain", "late.py", keep_order=True)
    assert ended.status == 0
    (sentence,) = ended.results.sentences
    assert (
        "late.py:2 draws from NumPy's generator (numpy.random.rand), which has no seed" in sentence
    )
    assert "the seed of late.py:3 comes too late" in sentence
    assert "Outputs are the numbers that it printed." in sentence
    assert "late.py:3 seeds numpy with 3" in ended.out
    assert "late.py:4 draws from numpy (numpy.random.rand), which has a seed" in ended.out


def test_the_seed_that_keeps_runs_the_same_is_named(scripts, cli):
    scripts(same=SAME)
    ended = cli("audit", "--replicates", "2", "--seed", "random", "same.py", keep_order=True)
    (sentence,) = ended.results.sentences
    assert ended.results.table["verdict"].tolist() == ["repeatable"]
    assert "which replace those of seed=random: same.py:2 gives NumPy's generator the seed 42" in (
        sentence
    )


def test_without_its_own_seeds_a_script_varies(scripts, cli):
    scripts(same=SAME)
    ended = cli("audit", "--replicates", "2", "--no-respect-seeds", "same.py", keep_order=True)
    assert ended.results.table["verdict"].tolist() == ["uncontrolled"]


def test_every_script_that_fails_is_a_row_with_its_reason(scripts, cli):
    scripts(**{name: source for name, (source, _) in MISBEHAVING.items()})
    ended = cli(*sweep_over(MISBEHAVING), "workers=2")
    assert ended.status == 1
    errors = ended.results.runs.groupby("task.script")["error"].first()
    for name, (_, reason) in MISBEHAVING.items():
        assert reason in errors[f"{name}.py"], name


def test_whatever_a_script_does_to_its_surroundings_its_result_is_read(scripts, cli):
    place = scripts(**ODD)
    ended = cli(*sweep_over(ODD))
    rows = ended.rows("task.script")
    assert {row["verdict"] for row in rows.values()} == {"repeatable"}, ended.out
    assert {path.name for path in place.iterdir()} == {*(f"{n}.py" for n in ODD), "outputs"}
    assert len(list(ended.sweep.glob("*/build0/end.txt"))) == 2


def test_a_module_of_a_package_and_a_notebook_are_run(scripts, cli):
    place = scripts(used="SEED = 5")
    package = place / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "own.py").write_text("NUMBER = 0.25\n")
    (package / "main.py").write_text("from .own import NUMBER\nimport used\nprint(NUMBER)\n")
    ended = cli("audit", "--replicates", "2", "-m", "package.main", keep_order=True)
    assert ended.results.table["verdict"].tolist() == ["repeatable"], ended.out
    cells = ["%matplotlib inline\nimport random", "!ls\nx = random.random()", "print(x)"]
    code = [{"cell_type": "code", "source": [line]} for line in cells]
    (place / "try.ipynb").write_text(json.dumps({"cells": code}))
    where = "hydra.sweep.dir=outputs/notebook"
    cli("audit", "--replicates", "2", "--with", where, "try.ipynb", keep_order=True)
    import runner

    (sentence,) = runner.load(place / "outputs" / "notebook").sentences
    assert "try.ipynb[2]:2 draws from Python's generator (random.random)" in sentence


def test_its_arguments_are_its_own_and_can_be_varied(scripts, cli):
    scripts(add="import sys\nprint(sum(float(each) for each in sys.argv[2::2]))")
    ended = cli(
        *("audit", "--replicates", "2", "--vary", "b=2,3"), "add.py", "--a", "1", keep_order=True
    )
    rows = ended.rows("task.args")
    assert len(rows) == 2
    assert {row["verdict"] for row in rows.values()} == {"repeatable"}
    values = {float(outputs.values.ravel()[0]) for outputs in ended.results.outputs.values()}
    assert values == {3.0, 4.0}


def test_files_and_variables_can_be_the_outputs(scripts, cli):
    scripts(writes="import numpy as np\nnp.save('a.npy', [1.0, 2.0])\nvalue = [3.0, 4.0]\n")
    named = ["--outputs", "a.npy", "--outputs", "value"]
    ended = cli("audit", "--replicates", "2", *named, "writes.py", keep_order=True)
    (outputs,) = ended.results.outputs.values()
    assert sorted(outputs.values[0].ravel()) == [1.0, 2.0, 3.0, 4.0]


def test_a_file_that_differs_is_told_though_outputs_agree(scripts, cli):
    scripts(
        writes=(
            "import json, random, time, uuid\nimport numpy as np\n"
            "np.savez('same.npz', a=np.arange(3))\n"
            "json.dump({'took': time.time(), 'b': 1}, open('a_time.json', 'w'))\n"
            "open(f'{uuid.uuid4()}.txt', 'w').write('a text')\n"
            "np.save('other.npy', np.random.rand(2))\n"
            "print(0.5)"
        )
    )
    ended = cli("audit", "--replicates", "2", "writes.py", keep_order=True)
    (sentence,) = ended.results.sentences
    assert ended.results.table["verdict"].tolist() == ["repeatable"]
    assert "Runs differ at files/other.npy" in sentence
    assert "writes.py:6 draws from NumPy's generator" in sentence


def test_a_set_whose_order_cannot_matter_is_no_reason(scripts, cli):
    scripts(
        one=(
            "import random\nwords = {'a', 'bb', 'ccc', 'dddd'}\n"
            "print(max(len(w) for w in words), sorted(w for w in words)[0], random.random())"
        ),
        two=(
            "import numpy as np\ndef make(seed=None):\n    return np.random.default_rng(seed)\n"
            "print(make(1).normal() - make().normal())"
        ),
    )
    ended = cli(*sweep_over(("one", "two")))
    one, two = ended.results.sentences
    assert "one.py:3 draws from Python's generator" in one
    assert "takes the elements of a set" not in one
    assert "two.py:3 makes numpy.random.default_rng() without a seed" in two


def test_words_that_differ_are_told_though_numbers_agree(scripts, cli):
    scripts(words="import random\nprint('best', random.choice('abcdefgh' * 9), 5)")
    ended = cli("audit", "--replicates", "4", "words.py", keep_order=True)
    (sentence,) = ended.results.sentences
    assert "Runs differ at printed" in sentence
    assert "words.py:2 draws from Python's generator (random.choice)" in sentence


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["lat.py"], "audit: no such file. Received: lat.py. Did you mean 'late.py'?"),
        (
            ["python3", "late.py"],
            "audit: no such file. Received: python3. Name the script first, without what runs it",
        ),
        (["--fix", "--vary", "a=1,2", "late.py"], "--fix: looks at one configuration only"),
        (["--write", "late.py"], "--write: needs --fix"),
        (["--vary", "a", "late.py"], "--vary: must be NAME=A,B. Received: a"),
        (["-m", "no.module"], "audit: there is no such module in the current directory"),
        ([], "audit: must name a script"),
        (["--replicates", "1", "late.py"], "audit: invalid value for '--replicates'"),
        (["notes.txt"], "audit: must be a Python file or a notebook. Received: notes.txt"),
    ],
)
def test_a_wrong_command_is_one_line(scripts, cli, arguments, line):
    place = scripts(late=DRAWS)
    (place / "notes.txt").touch()
    ended = cli("audit", *arguments, keep_order=True)
    assert ended.status == 2
    assert ended.err.startswith(line), ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not (place / "outputs").exists()


def test_a_config_needs_trust_in_its_script(scripts, cli):
    scripts(late=DRAWS)
    ended = cli("task=script", "task.script=late.py", "-m")
    assert ended.status == 2
    assert "Run with --trust ./late.py" in ended.err


SLOW = """
import os, time
print(0.5)
time.sleep(60 if os.path.exists("../../0/record.json") else 0)
"""


@pytest.mark.parametrize(("asked", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_audit_that_is_interrupted_shows_what_is_done_and_how_it_goes_on(scripts, asked, status):
    place = scripts(slow=SLOW)
    command = [sys.executable, "-m", "runner", "audit", "--workers", "1", "slow.py"]
    with subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline_s = time.monotonic() + 100
        while not list(place.glob("outputs/*/*/0/record.json")):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        process.send_signal(asked)
        out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert re.search(r"^Ended early: [1-4] of 5 runs were made\.$", out, re.MULTILINE)
    (command,) = re.findall(r"^To finish it: python -m runner (.*)$", out, re.MULTILINE)
    assert command.startswith("--trust ./slow.py resume outputs/")
    assert "Traceback" not in out + err


@pytest.mark.slow
def test_what_keras_writes_around_the_numbers_of_a_model_is_no_difference(scripts, cli):
    scripts(
        saves="""
        import keras
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(2)])
        model.compile("adam", "mse")
        model.save("whole.keras")
        model.save_weights("only.weights.h5")
        open("model.json", "w").write(model.to_json())
        print(0.5)
        """
    )
    ended = cli("audit", "--replicates", "2", "saves.py", keep_order=True)
    (row,) = ended.results.table.to_dict("records")
    assert row["verdict"] == "repeatable", ended.out
    assert row["first_divergence"] is None, ended.out
    stages = json.loads((ended.sweep / "0" / "record.json").read_text())["fingerprints"][0]
    assert {"files/whole.keras", "files/only.weights.h5", "files/model.json"} <= {*stages}


UNCOMPARED = {
    "to_stderr": "import random, sys\nprint('rows 100')\nprint(random.random(), file=sys.stderr)",
    "to_a_log": (
        "import logging, random\nlogging.basicConfig(level=logging.INFO)\n"
        "print('rows 100'); logging.info('loss %f', random.random())"
    ),
    "past_stdout": (
        "import random, sys\nprint('rows 100', flush=True)\n"
        "sys.stdout.buffer.write(str(random.random()).encode())"
    ),
    "elsewhere": (
        "import os, tempfile\nimport numpy as np\nprint('rows 100')\n"
        "np.save(os.path.join(tempfile.gettempdir(), f'{os.getpid()}.npy'), np.random.rand(3))"
    ),
}
"""Scripts whose result goes where nothing is compared."""


def test_what_is_drawn_and_not_compared_is_told(scripts, cli):
    scripts(**UNCOMPARED)
    ended = cli(*sweep_over(UNCOMPARED), keep_order=True)
    assert ended.status == 0, ended.err
    for name, sentence in zip(UNCOMPARED, ended.results.sentences, strict=True):
        line = UNCOMPARED[name].count("\n") + 1
        assert f"{name}.py:{line} draws from " in sentence
        assert "Nothing that was compared depends on that; standard error, " in sentence


@pytest.mark.slow
def test_a_fix_is_found_by_trying(scripts, cli):
    scripts(
        late=DRAWS,
        order="names = {'a', 'b', 'c', 'd', 'e', 'f'}\nprint(*[ord(each) for each in names])",
        own="import numpy as np\nprint(*np.random.default_rng().normal(size=3))",
        two=(
            "import random\nimport numpy as np\n"
            "print(random.random(), *np.random.default_rng().normal(size=3))"
        ),
        same=SAME,
        hopeless="import time\nprint(time.perf_counter_ns() % 1000003)",
    )
    said = {}
    for name in ("late", "order", "own", "two", "same", "hopeless"):
        where = f"hydra.sweep.dir=outputs/{name}"
        ended = cli("audit", "--with", where, "--fix", "--write", f"{name}.py", keep_order=True)
        said[name] = ended.out
    for name in ("late", "order", "own", "two"):
        (patch,) = (ended.cwd / "outputs").glob(f"{name}-fix/fix.patch")
        assert "With it the runs repeat" in said[name], said[name]
        done = subprocess.run(
            ["patch", "-p1", "-i", str(patch)], cwd=ended.cwd, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    assert "add before late.py:2: numpy.random.seed(42)" in said["late"]
    assert "at order.py:2: put sorted(...) around the set" in said["order"]
    assert "at own.py:2: give numpy.random.default_rng a seed, such as 42" in said["own"]
    assert "add before two.py:3: random.seed(42)" in said["two"]
    assert "at two.py:3: give numpy.random.default_rng a seed" in said["two"]
    assert "Without the seeds that the script sets itself its runs differ" in said["same"]
    assert "None of the remedies helps" in said["hopeless"]
