"""Files that a config names, to write and to read."""

from __future__ import annotations

from attacking import COMMAND, LINK, OUTSIDE, SAYS_TO_HYDRA, Attack, experiment, layer, said

NPZ = "defaults: [{override /data: npz}]\ndata:\n  units: 2\n  source:\n    path: "
TFRECORD = (
    "defaults: [{{override /data: tfrecord}}]\n"
    "data: {{units: 2, source: {{path: '{}', test_path: b, features: {{}}}}}}\n"
)

PLACES = {
    "run": said("run: {dir: ../MARKER}", "run.dir"),
    "run, whole": said("run: {dir: WORK/MARKER}", "run.dir"),
    "run, home": said("run: {dir: ~/MARKER}", "run.dir"),
    "run, by the time": said("run: {dir: 'outputs/${now:../../MARKER}'}", "run.dir"),
    "run, elsewhere": said("run: {dir: conf/MARKER}", "run.dir"),
    "sweep": said("sweep: {dir: ../MARKER}", "sweep.dir", "-m"),
    "jobs": said("sweep: {subdir: '../../../../MARKER${hydra.job.num}'}", "sweep.subdir", "-m"),
    "swept": experiment(
        "hydra:\n  sweeper:\n    params: {hydra.sweep.subdir: ../../../../MARKER}\n",
        f"hydra.sweep.subdir: {SAYS_TO_HYDRA}", "-m",
    ),
    "config files": said("output_subdir: ../../../../MARKER", "output_subdir"),
    "jobs, by a typed name": experiment(
        "task: {params: {name: ../../../../MARKER}}\n",
        "hydra.sweep.subdir: must stay where it is, whatever the config says",
        "'hydra.sweep.subdir=${task.params.name}' -m",
    ),
    "jobs, by typed overrides": experiment(
        "hydra:\n  sweeper:\n    params: {+task.params.x: ../../../../../MARKER}\n",
        "hydra.sweep.subdir: must stay where it is, whatever the config says",
        "'hydra.sweep.subdir=${hydra.job.override_dirname}' -m",
    ),
    "outputs of a program": experiment(
        COMMAND + "[python]\n  metrics: [../a.json]\n",
        "task.metrics[0]: must be below the command's working directory", RUNNER_TRUST="python",
    ),
    "data": experiment(NPZ + "../x.npz\n", f"data.source.path: {OUTSIDE}../x.npz"),
    "data, whole": experiment(NPZ + "/x.npz\n", f"data.source.path: {OUTSIDE}/x.npz"),
    "data, by the environment": experiment(
        NPZ + "${oc.env:PLACE}/x.npz\n", f"data.source.path: {OUTSIDE}${{oc.env:PLACE}}/x.npz",
        PLACE="/elsewhere",
    ),
    "table": experiment(
        "defaults: [{override /data: csv}]\n"
        "data: {units: 2, source: {path: a.csv, target: y, test_path: ../x.csv}}\n",
        f"data.source.test_path: {OUTSIDE}../x.csv",
    ),
    "one file of many": experiment(
        "defaults: [{override /data: tfrecord}]\n"
        "data: {units: 2, source: {path: [a, 'gs://evil/x'], test_path: b, features: {}}}\n",
        f"data.source.path: {OUTSIDE}gs://evil/x",
    ),
    "code of a data set": experiment(
        "defaults: [{override /data: tfds}]\ndata: {units: 2, source: {name: 'kaggle:x/y'}}\n",
        "data.source.name: must be a data set that tensorflow-datasets has",
    ),
    "files that run code": experiment(
        "defaults: [{override /data: tfds}]\n"
        "data: {units: 2, source: {name: mnist, data_dir: here}}\n",
        "data.source.data_dir: names files that can run code. Received: here",
    ),
    "another sweep": experiment(
        "resume: ../other\n", "resume: cannot be set in a config file. Received: ../other", "-m"
    ),
    "vocabulary": layer(
        "{_target_: keras.layers.StringLookup, vocabulary: /etc/passwd}", ".vocabulary", OUTSIDE
    ),
    "data, by position": experiment(
        "data: {units: 2, source: {_target_: runner.data.npz, _args_: [/x.npz]}}\n",
        "data.source._args_: must be keys instead, as runner.data.npz takes named arguments only",
    ),
    "vocabulary, a list for what is no lookup layer": layer(
        "{_target_: keras.layers.Hashing, vocabulary: [/etc/passwd]}", ".vocabulary", OUTSIDE
    ),
    "vocabulary, a list in a list": layer(
        "{_target_: keras.layers.StringLookup, vocabulary: [[/etc/passwd]]}", ".vocabulary", OUTSIDE
    ),
    "vocabulary, in a layer that a layer holds": layer(
        "{_target_: keras.layers.TimeDistributed, layer: {_target_: keras.layers.TextVectorization,"
        " vocabulary: /etc/passwd}}",
        ".layer.vocabulary", OUTSIDE,
    ),
    "vocabulary, by position": layer(
        "{_target_: keras.layers.StringLookup, _args_: [null, 1, null, '[UNK]', /etc/passwd]}",
        "._args_[4]", OUTSIDE,
    ),
    "vocabulary, of the network": layer(
        "{_target_: keras.layers.StringLookup, _args_: [null, 1, null, x, 'gs://x/${oc.env:HOME}']}",
        "._args_[4]", OUTSIDE + "gs://x/${oc.env:HOME}",
    ),
    "vocabulary, in a chosen file": Attack(
        {
            "evil/model/wide.yaml":
            "_target_: keras.layers.StringLookup\nvocabulary: /etc/passwd\n"
        },
        f"model.vocabulary: {OUTSIDE}/etc/passwd", "model=wide --config-dir=evil",
    ),
    "data, behind a link": experiment(
        NPZ + "link/etc/x.npz\n", f"data.source.path: {OUTSIDE}link/etc/x.npz",
        files={"link": f"{LINK}/"},
    ),
    "data, behind a link and a glob": experiment(
        TFRECORD.format("lin[k]/etc/pass*"), f"data.source.path: {OUTSIDE}lin[k]/etc/pass*",
        files={"link": f"{LINK}/"},
    ),
    "data, behind a link and an escape": experiment(
        TFRECORD.format(r"l\ink/etc/passwd"), rf"data.source.path: {OUTSIDE}l\ink/etc/passwd",
        files={"link": f"{LINK}/"},
    ),
    "no path": experiment(
        NPZ + r'"a\0b"' + "\n", "data.source.path: must be a path",
    ),
    "config": experiment(
        "defaults: [{/model: ../../outside}]\n", "defaults: a file must be in the directory",
        files={"outside.yaml": "x: 1\n"},
    ),
    "config, whole": experiment(
        "defaults: [/WORK/outside]\n", "defaults: a file must be in the directory",
        files={"outside.yaml": "x: 1\n"},
    ),
}  # fmt: skip
"""Files that a config names, to write and to read."""
