"""What is taken from inside of Hydra and OmegaConf is there, and is missed if it goes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.utils import run_and_report
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus, setup_globals
from omegaconf import OmegaConf

from runner.config import hydra_internals
from runner.config.hydra_internals import (
    NAMES,
    CachingConfigRepository,
    HookedLoader,
    check_hydra,
    export_state,
    find_config_file,
    find_root,
    hydra_config_kept,
    import_state,
    is_under_hydra_main,
    make_context,
    make_options_parser,
    prints_errors,
    read_error,
    replace_loader,
)
from runner.config.loader import guard_loading
from runner.config.private_names import PrivateName
from runner.errors import RunnerError

UNKNOWN = "this version of Hydra is not known: its configs cannot be checked"


class Recording(HookedLoader):
    """Takes down what it is asked."""

    seen: list[object]

    def open_repository(self, repository, config_name, overrides):
        type(self).seen.append((config_name, [each.input_line for each in overrides]))
        return CachingConfigRepository(repository)

    def check_loaded(self, config, config_path, repository):
        type(self).seen.append((config_path, OmegaConf.to_container(config)))
        type(self).file = find_config_file(repository, config_path)


@pytest.fixture
def kept_loader():
    before = hydra_internals.hydra._internal.hydra.ConfigLoaderImpl
    yield
    vars(hydra_internals.hydra._internal.hydra)["ConfigLoaderImpl"] = before
    GlobalHydra.instance().clear()


# --- each is there


@pytest.mark.parametrize("name", NAMES, ids=lambda each: each.name)
def test_each_name_is_there(name):
    assert name.find_fault() is None


def test_hydra_asks_a_loader_that_takes_the_place_of_its_own(kept_loader, tmp_path):
    (tmp_path / "main.yaml").write_text("defaults: [inner/x, _self_]\na: 1\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/x.yaml").write_text("b: 2\n")
    Recording.seen = []
    replace_loader(Recording)
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        cfg = compose("main", overrides=["a=3"])
    assert cfg == {"a": 3, "inner": {"b": 2}}
    assert Recording.seen[0] == ("main", ["a=3"])
    assert ("inner/x", {"inner": {"b": 2}}) in Recording.seen
    assert ("main", {"a": 1}) in Recording.seen
    assert Recording.file == tmp_path / "main.yaml"


def test_what_comes_from_no_file_has_none(kept_loader, tmp_path):
    ConfigStore.instance().store("stored_for_a_test", {"a": 1})
    Recording.seen = []
    replace_loader(Recording)
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        compose("stored_for_a_test")
    assert Recording.seen[-1] == ("stored_for_a_test", {"a": 1})
    assert Recording.file is None


def test_options_are_parsed_as_hydra_does():
    given = make_options_parser().parse_args(["-m", "--config-dir", "there", "a=1"])
    assert (given.multirun, given.config_dir, given.overrides) == (True, "there", ["a=1"])
    assert given.experimental_rerun is None


def test_a_context_has_the_callbacks_that_the_config_names():
    callback = {"_target_": "hydra.experimental.callback.Callback"}
    cfg = OmegaConf.create({"hydra": {"callbacks": {"one": callback}}})
    context = make_context(loader := object(), cfg)
    assert context.config_loader is loader
    assert [type(each).__name__ for each in context.callbacks.callbacks] == ["Callback"]


def test_the_config_that_hydra_resolves_in_is_put_back():
    setup_globals()  # Hydra's resolvers, which a test before this one may have cleared
    before = HydraConfig.instance().cfg
    cfg = OmegaConf.create({"hydra": {"job": {"num": 7}}, "x": "${hydra:job.num}"})
    with hydra_config_kept() as resolve_in:
        resolve_in(cfg)
        assert cfg.x == 7
    assert HydraConfig.instance().cfg is before


def test_it_is_put_back_after_an_error():
    def fail_inside():
        with hydra_config_kept() as resolve_in:
            resolve_in(OmegaConf.create())
            raise ValueError("planted")

    before = HydraConfig.instance().cfg
    with pytest.raises(ValueError, match="planted"):
        fail_inside()
    assert HydraConfig.instance().cfg is before


def test_state_travels_with_resolvers():
    OmegaConf.register_new_resolver("only_for_a_test", lambda: 5)
    state = export_state()
    OmegaConf.clear_resolver("only_for_a_test")
    import_state(state)
    assert OmegaConf.create({"x": "${only_for_a_test:}"}).x == 5
    OmegaConf.clear_resolver("only_for_a_test")


def test_the_error_of_a_failed_job_is_read_without_being_raised(capsys):
    returned = JobReturn(status=JobStatus.FAILED)
    returned.return_value = error = ValueError("planted")
    assert read_error(returned) is error
    assert capsys.readouterr().err == ""


def test_hydra_prints_errors_of_a_program_that_it_runs_and_no_others(monkeypatch):
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    monkeypatch.setattr(sys, "gettrace", lambda: None)  # a debugger would count
    assert not prints_errors()
    assert run_and_report(prints_errors)
    assert run_and_report(lambda: [prints_errors() for _ in "ab"]) == [True, True]
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    assert not run_and_report(prints_errors)
    assert run_and_report(is_under_hydra_main)


def test_hydra_ends_a_program_whose_error_it_prints(monkeypatch, capsys):
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    monkeypatch.setattr(sys, "gettrace", lambda: None)

    def fail():
        raise ValueError("planted")

    with pytest.raises(SystemExit):
        run_and_report(fail)
    assert "ValueError: planted" in capsys.readouterr().err
    # What this project raises instead passes through, and nothing is printed.
    with pytest.raises(SystemExit) as ended:
        run_and_report(lambda: sys.exit(7))
    assert ended.value.code == 7
    assert capsys.readouterr().err == ""


def test_a_node_knows_its_root():
    cfg = OmegaConf.create({"a": {"b": [{"c": 1}]}})
    assert find_root(cfg.a.b[0]) is cfg


# --- and would be missed


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (PrivateName("hydra._gone", "x"), "hydra._gone is gone"),
        (
            PrivateName("hydra._internal.callbacks", "Gone"),
            "hydra._internal.callbacks has no Gone",
        ),
        (
            PrivateName("omegaconf", "Node._no_root"),
            "omegaconf has no Node._no_root",
        ),
        (
            PrivateName("hydra.core.singleton", "Singleton.set_state", ("states",)),
            "Singleton.set_state of hydra.core.singleton takes other parameters: state",
        ),
        (
            PrivateName("hydra.core.singleton", "Singleton.get_state", ("state",)),
            "Singleton.get_state of hydra.core.singleton takes other parameters: none",
        ),
    ],
)
def test_a_name_that_is_gone_is_named(monkeypatch, name, fault):
    monkeypatch.setattr(hydra_internals, "NAMES", (*NAMES, name))
    for check in (check_hydra, guard_loading):
        with pytest.raises(RunnerError) as raised:
            check()
        assert str(raised.value) == f"{UNKNOWN} ({fault})"


def test_all_that_is_gone_is_named_at_once(monkeypatch):
    gone = tuple(PrivateName("omegaconf", name) for name in ("One", "Other"))
    monkeypatch.setattr(hydra_internals, "NAMES", gone)
    with pytest.raises(RunnerError) as raised:
        check_hydra()
    assert str(raised.value) == f"{UNKNOWN} (omegaconf has no One; omegaconf has no Other)"


@pytest.mark.parametrize(
    ("planted", "line"),
    [
        (
            "import hydra._internal.callbacks as inside; del inside.Callbacks",
            f"runner.errors.RunnerError: {UNKNOWN} (cannot import name 'Callbacks' from",
        ),
        (
            "import omegaconf.base as inside; inside.Node._get_root = None;"
            "del inside.Node._get_root",
            f"{UNKNOWN} (omegaconf has no Node._get_root)\n",
        ),
    ],
)
def test_the_command_line_says_so(tmp_path, planted, line):
    program = f"import sys; {planted}; sys.argv[1:] = []; from runner.__main__ import cli; cli()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(line.rstrip("\n"))
    assert list(tmp_path.iterdir()) == []
