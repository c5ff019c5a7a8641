"""Training code that knows nothing of runner: a NumPy and a Keras function."""

from __future__ import annotations

import sys

import numpy as np

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)
Y = np.array([0, 1, 2, 0, 1, 2])


def with_numpy(config, seeds):
    """Least squares from a drawn start, by the seeds that it is given."""
    rng = np.random.default_rng(seeds.get("value", seeds.get("init")))
    weights = rng.normal(size=(4, 3)).astype(np.float32)
    start = weights.copy()
    for _ in range(config.task.params.get("steps", 3)):
        weights -= 0.1 * X.T @ (X @ weights - np.eye(3, dtype=np.float32)[Y])
    outputs = X @ weights
    return {
        "logits": outputs,
        "accuracy": (outputs.argmax(axis=1) == Y).mean(),
        "tensorflow_imported": "tensorflow" in sys.modules,
        "inputs": X,
        "targets": Y,
        "stages": {"data": X, "init/weights": start},
    }


def with_global_numpy(config, seeds):
    """Drawn from the global generator, as old scripts do."""
    return {"outputs": np.random.rand(5, 2)}  # noqa: NPY002


def by_source(config, seeds):
    """What each source's seed is, seen from outside."""
    rng = {name: np.random.default_rng(seed) for name, seed in seeds.items()}
    init, order = rng["init"].normal(size=(5, 2)), rng["order"].permutation(5)
    return {"outputs": init[order], "stages": {"init/w": init, "order/0": order}}


def noisy_calls(config, seeds):
    """Builds agree; two calls of one build do not."""
    rng = np.random.default_rng(1)
    return {"outputs": lambda: rng.normal(size=(5, 2))}


def with_keras(config, seeds):
    """A plain Keras script with a function around it; the runner seeds Keras before."""
    import keras

    model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, epochs=1, batch_size=2, verbose=0)
    return {"outputs": model(X, training=False), "loss": model.evaluate(X, Y, verbose=0)}


def with_torch(config, seeds):
    """A PyTorch model; its generator is its own business."""
    import torch

    torch.manual_seed(seeds["value"])
    model = torch.nn.Linear(4, 3)
    return {"outputs": model(torch.tensor(X)), "norm": model.weight.norm()}


def with_metrics(config, seeds):
    """The first function, with a metric of each name in `task.params.metrics` beside its own."""
    named = {name: float(number) for number, name in enumerate(config.task.params.metrics)}
    return with_numpy(config, seeds) | named


def nothing(config, seeds):
    """No outputs."""
    return {"loss": 1.0}


def no_mapping(config, seeds):
    """An array alone."""
    return X


def raises(config, seeds):
    """A bug."""
    raise KeyError("weights")


def flaky(config, seeds):
    """Fails in the first process that makes a run, and in each where told so."""
    from pathlib import Path

    mode = config.task.params.get("mode", "always")
    flag = Path(f"flag-{config.replicate}-{mode}")
    if mode == "always" or not flag.exists():
        flag.touch()
        raise OSError("not yet")
    return {"outputs": X}


def greedy(config, seeds):
    """Touches half a gigabyte."""
    import time

    block = np.ones(500 * 2**17)
    time.sleep(5)
    return {"outputs": block[:5]}


def slow(config, seeds):
    """Takes a third of a second."""
    import time

    time.sleep(0.3)
    return with_numpy(config, seeds)


def held(config, seeds):
    """Waits, from the fourth replicate on, until `task.params.within` has a file `go`."""
    import time
    from pathlib import Path

    while config.replicate > 2 and not Path(config.task.params.within, "go").exists():
        time.sleep(0.05)
    return with_numpy(config, seeds)


# --- faults of tests/test_survival.py


def with_fault(config, seeds):
    """The function of this file that `task.params.fault` names."""
    return globals()[config.task.params.fault](config, seeds)


def leaves_daemon(config, seeds):
    """Leaves a process behind that made a session of its own, and one that did not."""
    import os
    import subprocess
    import time
    from pathlib import Path

    note = Path(f"daemon-{config.replicate}")
    child = subprocess.Popen(["sleep", "600"])
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        note.with_suffix(".part").write_text(f"{child.pid} {os.getpid()}")
        note.with_suffix(".part").rename(note)
        time.sleep(600)
        os._exit(0)
    while not note.exists():
        time.sleep(0.01)
    return with_numpy(config, seeds)


def stays_with_daemon(config, seeds):
    """The same, and then never comes back."""
    leaves_daemon(config, seeds)
    hangs(config, seeds)


def limit_memory():
    """Let this process have 128 MiB more than it has."""
    import resource

    with open("/proc/self/statm") as file:
        limit = int(file.read().split()[0]) * resource.getpagesize() + 2**27
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def wants_too_much(config, seeds):
    """Asks for 8 GiB at once, which it may not have."""
    limit_memory()
    return {"outputs": np.ones(2**30)}


def holds_too_much(config, seeds):
    """Fills what it may have with small pieces, so that nothing is left to say so with."""
    limit_memory()
    held = []
    while True:
        held.append(np.ones(2**10))


def takes_all(config, seeds):
    """Takes 3 GB a second until somebody ends it."""
    import time

    held = []
    while True:
        held.append(np.ones(2**21))
        time.sleep(0.005)


def daemon_takes_all(config, seeds):
    """The same in a process that nobody is the parent of, while this one waits."""
    import os
    import time

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            takes_all(config, seeds)
        os._exit(0)
    time.sleep(600)


def floods(config, seeds):
    """Writes 300 MB to standard output, or as many as it is told: from Python and from below."""
    import os

    megabyte = (b"x" * 1023 + b"\n") * 1024
    for _ in range(config.task.params.get("megabytes", 300) // 2):
        print(megabyte.decode(), end="")
        os.write(1, megabyte)
    return with_numpy(config, seeds)


def thousand_threads(config, seeds):
    """Starts a thousand threads, and does not wait for them."""
    import threading
    import time

    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(600,)).start()
    return with_numpy(config, seeds) | {"threads": threading.active_count()}


def forks_without_end(config, seeds):
    """Starts processes that wait until the system allows no more of them; each its own session."""
    import os
    import time

    while True:
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)


def raises_odd_text(config, seeds):
    """What it says is no text: the name of a file, with a byte that is no UTF-8."""
    raise ValueError("cannot read no-such-\udcff")


def large_outputs(config, seeds):
    """Three megabytes of them."""
    return {"outputs": np.ones((6, 2**16))}


def may_write_little(config, seeds):
    """Gives itself the right to write files of 400 bytes, which is less than a result has."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
    return with_numpy(config, seeds)


def replaces_its_directory(config, seeds):
    """Leaves a file where the directory of its own run was."""
    import shutil
    from pathlib import Path

    from hydra.core.hydra_config import HydraConfig

    directory = Path(HydraConfig.get().runtime.output_dir)
    shutil.rmtree(directory)
    directory.touch()
    return with_numpy(config, seeds)


def cleans_up_too_much(config, seeds):
    """Removes the directory of its own run, closes all files, and goes elsewhere."""
    import os
    import shutil

    from hydra.core.hydra_config import HydraConfig

    shutil.rmtree(HydraConfig.get().runtime.output_dir)
    os.closerange(0, 256)
    os.chdir("/")
    return with_numpy(config, seeds)


def takes_one(seed):
    """Takes a seed alone, which no run gives it."""
    return {"outputs": X}


def hangs(config, seeds):
    """Never comes back."""
    import time

    time.sleep(600)


def often_ends(config, seeds):
    """Nothing; one run in `every` ends by a segmentation fault, an exit or an error."""
    import ctypes

    every = config.task.params.every
    if config.replicate % every == 7:
        ends = (lambda: ctypes.string_at(0), lambda: sys.exit(3), lambda: raises(config, seeds))
        ends[config.replicate // every % 3]()
    return {"outputs": X}
