"""What files say to Hydra, which makes what it is told."""

from __future__ import annotations

from attacking import PAYLOAD, SAYS_TO_HYDRA, Attack, experiment, said

EVIL_MODULE = {"evil/data/evil.yaml": "_target_: payload.build\n"}
LOGGING = "{handlers: {x: {(): payload.build}}, root: {handlers: [x]}}"


def primary(text: str, line: str, more: str = "", files: dict | None = None) -> Attack:
    """An attack by a config that takes the place of ours."""
    arguments = f"--config-dir=evil --config-name=mine {more}"
    return Attack({"evil/mine.yaml": text, **(files or {})}, line, arguments)


SETTINGS = {
    "callback": said("callbacks: {x: {_target_: payload.build}}", "callbacks"),
    "no check": said("callbacks: null", "callbacks"),
    "job_logging": said(f"job_logging: {LOGGING}", "job_logging"),
    "hydra_logging": said(f"hydra_logging: {LOGGING}", "hydra_logging"),
    "launcher": said("launcher: {_target_: payload.Evil}", "launcher", "-m"),
    "launcher's preload": said("launcher: {preload: [payload]}", "launcher", "-m"),
    "sweeper": said("sweeper: {_target_: payload.Evil}", "sweeper._target_", "-m"),
    "environment": said("job: {env_set: {RUNNER_TRUST: payload}}", "job"),
    "copied environment": said("job: {env_copy: [HOME]}", "job"),
    "working directory": said("job: {chdir: true}", "job"),
    "everything": experiment("hydra: ${x}\nx: 1\n", f"hydra: {SAYS_TO_HYDRA}"),
    "header": Attack(
        {"evil/experiment/x.yaml": "# @package hydra.callbacks.x\n_target_: payload.build\n"},
        f"hydra.callbacks: {SAYS_TO_HYDRA}. Received: experiment/x.yaml",
    ),
    "package": experiment(
        "defaults: [{/data@hydra.callbacks.x: evil}]\n",
        f"hydra.callbacks: {SAYS_TO_HYDRA}. Received: data/evil.yaml", files=EVIL_MODULE,
    ),
    "swept callback": experiment(
        "hydra:\n  sweeper:\n    params: {+hydra.callbacks.x._target_: payload.build}\n",
        f"hydra.callbacks.x._target_: {SAYS_TO_HYDRA}", "-m",
    ),
    "file of a launcher": Attack(
        {"evil/hydra/launcher/mine.yaml": "_target_: payload.Evil\n"},
        f"hydra/launcher: {SAYS_TO_HYDRA}", "hydra/launcher=mine --config-dir=evil -m",
    ),
    "file over our launcher": Attack(
        {"evil/hydra/launcher/runner.yaml": "_target_: payload.Evil\n"},
        f"hydra/launcher: {SAYS_TO_HYDRA}", "--config-dir=evil -m",
    ),
    "file over Hydra's own": Attack(
        {"evil/hydra/config.yaml": "callbacks: {x: {_target_: payload.build}}\n"},
        f"hydra: {SAYS_TO_HYDRA}", "--config-dir=evil",
    ),
    "file over the schema": Attack(
        {"evil/schema.yaml": "model: {_target_: payload.build}\n"},
        "defaults: no file may take the place of the schema", "--config-dir=evil",
    ),
    "chosen launcher": primary(
        "defaults: [config, {override hydra/launcher: mine}]\n", f"hydra/launcher: {SAYS_TO_HYDRA}",
        "-m", {"evil/hydra/launcher/mine.yaml": "_target_: payload.Evil\n"},
    ),
    "primary's search path": primary(
        "defaults: [config]\nhydra:\n  searchpath: ['pkg://payload']\n",
        f"hydra.searchpath: {SAYS_TO_HYDRA}",
    ),
    "primary's callback": primary(
        "defaults: [config]\nhydra:\n  callbacks: {x: {_target_: payload.build}}\n",
        f"hydra.callbacks: {SAYS_TO_HYDRA}",
    ),
    "primary without the schema": primary(
        "model: {_target_: payload.build}\n", "--config-name: must extend ours"
    ),
    "primary without the check": primary(
        "defaults: [schema, {model: mlp}, {data: article}, _self_]\ndata: {preload: [payload]}\n",
        "--config-name: must extend ours",
    ),
    "other directory": Attack(
        {"evil/config.yaml": "hydra:\n  callbacks: {x: {_target_: payload.build}}\n"},
        f"hydra.callbacks: {SAYS_TO_HYDRA}", "--config-path=WORK/evil",
    ),
    "typed trust": Attack(
        {}, "hydra.job.env_set: must not set RUNNER_TRUST: only --trust grants trust",
        "+hydra.job.env_set.RUNNER_TRUST=payload",
    ),
    "pickle": Attack(
        {"evil.pickle": "cbuiltins\nexec\n(S'open(\"MARKER\", \"w\")'\ntR."},
        "--experimental-rerun: reads a pickle", "--experimental-rerun evil.pickle",
    ),
    "plugin here": Attack(
        {"hydra_plugins/evil.py": PAYLOAD},
        "hydra_plugins: the current directory has code that would run at once", "--cfg job",
    ),
}  # fmt: skip
"""What files say to Hydra, which makes what it is told."""
