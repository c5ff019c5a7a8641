"""Functions that are copied to other processes: what goes along, and what is refused."""

from __future__ import annotations

import functools
import importlib.util
import pickle
import random
import subprocess
import sys
import threading

import numpy as np
import pytest

from runner.api.function_package import pack_function
from runner.errors import ConfigError

SCALE = 3.0


def scaled(x):
    return x * SCALE


def unpack(packed):
    return pickle.loads(pickle.loads(packed).pickled)


def test_a_function_goes_with_its_argument():
    function, arguments = unpack(pack_function(scaled, np.ones(2)))
    assert function(*arguments).tolist() == [3.0, 3.0]


def test_without_an_argument_it_is_called_without_one():
    _, arguments = unpack(pack_function(lambda: SCALE, None))
    assert arguments == ()


@pytest.mark.parametrize(("function", "inputs"), [(scaled, None), (lambda: SCALE, 1)])
def test_a_function_that_cannot_be_called_so_is_refused(function, inputs):
    with pytest.raises(ConfigError, match=r"^function: must be a function that can be called as f"):
        pack_function(function, inputs)


class Model:
    scale = 3.0

    def predict(self):
        return self.scale


@pytest.mark.parametrize(
    ("function", "held"),
    [
        (lambda: scaled(SCALE), ("SCALE",)),
        (lambda: Model().predict(), ()),
        (Model().predict, ("an object of Model",)),
        (lambda: np.arange(3), ()),
        ((lambda local: lambda: local)(iter([1])), ("local",)),
        ((lambda local: lambda: [local for _ in "ab"])(1), ("local",)),
    ],
)
def test_what_is_no_code_and_goes_along_is_named(function, held):
    assert pickle.loads(pack_function(function, None)).held == held


def test_what_it_closes_over_goes_along():
    local = {"a": 1}
    function, _ = unpack(pack_function(lambda: local, None))
    assert function() == {"a": 1}


def test_a_cached_function_goes_along_with_an_empty_cache():
    calls = []

    @functools.lru_cache(maxsize=7)
    def table(size):
        calls.append(size)
        return np.arange(size)

    table(3)
    function, _ = unpack(pack_function(lambda: (table(3), table(3), calls, table), None))
    *tables, called, again = function()
    assert [each.tolist() for each in tables] == [[0, 1, 2]] * 2
    assert called == [3, 3]  # before, and once more
    assert again.cache_parameters() == {"maxsize": 7, "typed": False}


@pytest.mark.process
def test_a_cached_function_of_a_program_goes_along(tmp_path):
    (tmp_path / "program.py").write_text(
        "import functools, sys\n"
        "from runner.api.function_package import pack_function\n"
        "@functools.cache\n"
        "def table():\n"
        "    return 3\n"
        "def double():\n"
        "    return 2 * table()\n"
        "sys.stdout.buffer.write(pack_function(double, None))\n"
    )
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, check=True
    )
    function, _ = unpack(done.stdout)
    assert function() == 6


@pytest.mark.parametrize("takes", [True, False])
def test_seeds_are_for_those_who_have_the_parameter(takes):
    function = (lambda seeds: seeds) if takes else (lambda: 0)
    assert pickle.loads(pack_function(function, None)).takes_seeds is takes


def test_a_builtin_function_that_says_nothing_can_be_packed():
    assert unpack(pack_function(max, [1, 2]))[0] is max


@pytest.mark.process
@pytest.mark.parametrize("find", ["by its name", "by its path"])
def test_a_function_of_a_module_reaches_another_process(tmp_path, monkeypatch, find):
    """A test runner can execute a file under a name that Python does not find."""
    (tmp_path / "far_module.py").write_text("OWN = 5\ndef f():\n    return OWN\n")
    if find == "by its name":
        monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("far_module", tmp_path / "far_module.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "far_module", module)
    spec.loader.exec_module(module)
    (tmp_path / "packed").write_bytes(pack_function(module.f, None))
    program = (
        "import pickle, sys\n"
        "packed = pickle.load(open(sys.argv[1], 'rb'))\n"
        "sys.path += packed.path\n"
        "print(pickle.loads(packed.pickled)[0]())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "packed")],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert done.stdout.split() == ["5"], done.stderr


class Holder:
    def __init__(self, generator):
        self.deep = {"in": [generator]}

    def __call__(self):
        return 0.0


class Own(random.Random):
    pass


GENERATORS = [
    (np.random.default_rng(0), "numpy.random.Generator"),
    (np.random.RandomState(0), "numpy.random.mtrand.RandomState"),
    (random.Random(0), "random.Random"),
    (Own(0), "test_function_package.Own"),
    (np.random.PCG64(), "numpy.random.PCG64"),
    (np.random.MT19937(0), "numpy.random.MT19937"),
    (np.random.SeedSequence(), "numpy.random.bit_generator.SeedSequence"),
]


@pytest.mark.parametrize(("generator", "name"), GENERATORS, ids=[name for _, name in GENERATORS])
@pytest.mark.parametrize("where", ["closure", "attribute", "argument", "default"])
def test_a_generator_whose_state_all_runs_would_share_is_refused(generator, name, where):
    def given(each=None if where != "default" else generator):
        return each

    function = {
        "closure": lambda: generator.random(),
        "attribute": Holder(generator),
        "argument": lambda x: x,
        "default": given,
    }[where]
    with pytest.raises(ConfigError) as raised:
        pack_function(function, generator if where == "argument" else None)
    assert f"function: holds a {name}, whose state would be the same in every run" in str(
        raised.value
    )
    assert "Make the generator inside of the function" in str(raised.value)


def test_making_a_generator_inside_is_fine():
    function, _ = unpack(pack_function(lambda: np.random.default_rng(0).random(), None))
    assert function() == np.random.default_rng(0).random()


def test_what_cannot_be_copied_is_one_line():
    lock = threading.Lock()
    with pytest.raises(ConfigError, match="function: cannot be copied to another process"):
        pack_function(lambda: lock, None)


def test_what_cannot_be_called_is_one_line():
    with pytest.raises(ConfigError) as raised:
        pack_function(3, None)
    assert str(raised.value) == "function: must be something that can be called. Received: 3"
