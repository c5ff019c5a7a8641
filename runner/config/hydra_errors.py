"""Turns errors of Hydra and OmegaConf into one line: key, rule, value received, nearest choice."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import traceback
from collections.abc import Sequence

from hydra.errors import (
    HydraException,
    MissingConfigException,
    OverrideParseException,
    SearchPathException,
)
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException
from yaml import YAMLError
from yaml.error import MarkedYAMLError

from runner.config.foreign_keys import suggest_key
from runner.config.hydra_internals import find_root, make_options_parser
from runner.config.schema import CONF, Config, walk
from runner.errors import ConfigError, nearest
from runner.trust.names import OPTION, ask_trust, is_trusted
from runner.trust.secrets import conceal_error

LEAVES = frozenset(key for key, _ in walk() if not (CONF / key).is_dir())
"""Keys of the config that hold values and are no groups."""

PLAIN_VALUES = re.compile(r"^[-\d.,e\[\] ]+$|(?:^|,)(?:null|true|false)(?:,|$)", re.IGNORECASE)
"""Values, one or several, of which one at least cannot name a file of a group."""

KINDS = {"Integer": "a whole number", "Float": "a number"}
"""Types as OmegaConf names them in messages, and the words that our messages use."""

RULES = (
    (r"could not be converted to (\w+)", lambda kind: f"must be {KINDS.get(kind, kind)}"),
    (r"Cannot merge DictConfig with ListConfig", lambda: "must be a mapping such as {KEY: VALUE}"),
    (r"is not a valid bool", lambda: "must be true or false"),
    (r"expected one of \[([^\]]+)\]", lambda names: f"must be one of {names}"),
    (r"is not a ListConfig, list or tuple", lambda: "must be a list: [A,B]"),
    (r"is not a subclass of \w+", lambda: "is several fields, each set as KEY.FIELD=VALUE"),
    (r"is not Optional", lambda: "cannot be null"),
    (r"does not support deletion", lambda: "cannot be deleted"),
    (r"Interpolation key '.*' not found", lambda: "refers to a key that does not exist"),
    (r"Unsupported interpolation type", lambda: "refers to a resolver that does not exist"),
)
"""Patterns of OmegaConf's messages, each with a function from its groups to our rule."""


def diagnose(error: BaseException) -> ConfigError | None:
    """Return the one-line error that says what is wrong with a config or command line.

    Args:
        error: any exception raised while configs are composed or used.

    Returns:
        None if the error did not come from a config or an override.
    """
    if isinstance(error, MissingConfigException):
        return _missing_choice(error)
    if isinstance(error, OverrideParseException):
        return _no_override(error.override, _first_line(error))
    if isinstance(error, SearchPathException):
        quoted = re.search(r"'(.*)'", str(error))
        return ConfigError("--config-dir", "no such directory", quoted and quoted.group(1))
    if isinstance(error, YAMLError):
        return _bad_yaml(error)
    if isinstance(error, HydraException):
        return _composition(error)
    if isinstance(error, OmegaConfBaseException):
        described, node = _field(error), error.parent_node
        return described if node is None else conceal_error(described, find_root(node))
    if isinstance(error, ValueError | TypeError) and _raised_by_hydra(error):
        return _group_value(sys.argv[1:]) or ConfigError("command line", _first_line(error))
    return None


def check_options(arguments: Sequence[str]) -> None:
    """Check the options of Hydra, whose own parser answers a mistake with a page of usage.

    Args:
        arguments: the command line, without the program and the command.

    Raises:
        ConfigError: an option is unknown, has an invalid value or needs trust, or overrides are
            separated by options.
        SystemExit: `--version` was given, and Hydra has printed its version.
    """
    parser = make_options_parser()
    message = io.StringIO()
    try:
        with contextlib.redirect_stderr(message):
            given = parser.parse_args(arguments)
    except SystemExit as ended:
        if not ended.code:  # --version was given
            raise
    else:
        if given.experimental_rerun and not is_trusted("hydra"):
            rule = "reads a pickle, which can run any code"
            raise ConfigError("--experimental-rerun", rule, None, ask_trust("hydra"))
        return
    text = message.getvalue().strip().rpartition("\n")[2].partition("error: ")[2]
    if choice := re.match(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", text):
        option, received, names = choice.groups()
        known = re.findall(r"[\w-]+", names)
        rule = f"must be one of {', '.join(known)}"
        raise ConfigError(option, rule, received, nearest(received, known))
    unknown = re.match(r"unrecognized arguments: (\S+)", text)
    if not unknown:
        raise ConfigError("command line", text.removeprefix("argument "))
    argument = unknown.group(1)
    if not argument.startswith("-"):
        raise ConfigError(argument, "put all overrides together; options go before or after them")
    options = [*re.findall(r"--[\w-]+", parser.format_usage()), OPTION]
    hint = nearest(argument.partition("=")[0], options)
    raise ConfigError(argument, "is not an option", None, hint)


def unknown_key(key: str, received: object = None, where: str = "") -> ConfigError:
    """Return the error for a key that the schema lacks, with the nearest key that it has.

    Args:
        key: the dotted key.
        received: the value given to it; None if it is not known.
        where: text added to the rule, such as ` (in train.yaml)`.
    """
    known = {k for k, _ in walk()} | {k.rpartition(".")[0] for k, _ in walk()} - {""}
    known |= set(Config.__dataclass_fields__)
    open_mappings = [k for k, item in walk() if str(item.type).startswith("dict")]
    for mapping in open_mappings:
        if key == mapping or key.startswith(f"{mapping}."):
            name = key if key != mapping else f"{mapping}.NAME"
            return ConfigError(key, "has no such key yet", received, f"To add it: +{name}=VALUE")
    hint = suggest_key(key, known)
    if hint is None and "." in key:
        hint = nearest(key.rpartition(".")[2], {k.rpartition(".")[2] for k in known})
    return ConfigError(key, f"is not a key of the config{where}", received, hint)


def _missing_choice(error: MissingConfigException) -> ConfigError:
    wanted = error.missing_cfg_file
    if not wanted:
        return ConfigError("--config-path", "no such directory")
    group, _, choice = wanted.rpartition("/")
    if not group:
        return ConfigError("--config-name", "no such config", wanted)
    options = sorted(error.options or [])
    rule = f"must be one of {', '.join(options)}" if options else "has no such file"
    return ConfigError(group, rule, choice, nearest(choice, options))


def _no_override(text: str, problem: str) -> ConfigError:
    hint = None if problem.startswith("Error parsing override") else problem
    if text.isidentifier():
        hint = f"A command comes first: python -m runner {text} ..."
    if text.endswith((".py", ".ipynb")):
        hint = f"A script is run several times by: python -m runner audit {text}"
    return ConfigError(text, "is not an override such as KEY=VALUE", None, hint)


def _bad_yaml(error: YAMLError) -> ConfigError:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return ConfigError(
            mark.name, "is not valid YAML", None, f"Line {mark.line + 1}: {error.problem}"
        )
    return ConfigError("config", f"is not valid YAML: {' '.join(str(error).split())}")


def _group_value(arguments: Sequence[str]) -> ConfigError | None:
    """Return the error for a group that is given a value, such as `seed=1,2,3`; None if none is."""
    for argument in arguments:
        match = re.fullmatch(r"\+*([\w/@]*)=(.*)", argument)
        if match and PLAIN_VALUES.search(match[2]) and match[1] not in LEAVES:
            key, value = match.groups()
            if not key:
                return _no_override(argument, "")
            hint = f"To set a field: {key}.FIELD=VALUE"
            if key == "seed":
                hint = f"Write seed.value={value}"
            return ConfigError(key, "must name a file in this group", value, hint)
    return None


def _composition(error: BaseException) -> ConfigError:
    """Return the error for an exception that Hydra raised while it composed a config."""
    text = str(error)
    cause = error.__cause__ or error.__context__
    if match := re.search(r"Could not (?:override|delete)[^']*'([^']+)'", text):
        return unknown_key(match.group(1))
    if match := re.search(r"item is already at '([^']+)'", text):
        return ConfigError(match.group(1), "is already in the config; drop the +")
    if match := re.match(r"(\S+) appears more than once in the final defaults list", text):
        return ConfigError(match.group(1), "is already chosen; drop the +")
    if match := re.search(r"Sweep parameters '([^=]+)=(.*)' requires --multirun", text):
        return _several(*match.groups())
    if match := re.search(r"Ambiguous value for argument '([^=]+)=(.*)'", text):
        return _several(*match.groups())
    if isinstance(cause, OmegaConfBaseException):
        if match := re.search(r"Error merging override [+~]*([^=\s]+)=?(.*)", text):
            key, value = match.groups()
            return _field(cause, key, value if "=" in text else None)
        match = re.match(r"In '([^']+)':", text)
        return _field(cause, where=f" (in {match.group(1)}.yaml)" if match else "")
    return ConfigError("config", _first_line(error))


def _several(key: str, value: str) -> ConfigError:
    hint = "To sweep over it add -m"
    if key == "seed" and re.fullmatch(r"[\d.,]+", value):
        hint = f"To sweep over it write seed.value={value} -m"
    return ConfigError(key.lstrip("+"), "takes one value", value, hint)


DUMMY = "_dummy_"
"""Key that Hydra gives to the choice of a group while it resolves it."""


def _field(
    error: OmegaConfBaseException, key: str = "", received: str | None = None, where: str = ""
) -> ConfigError:
    """Return the error for one field, whether an override or a file gave its value.

    Args:
        error: the exception of OmegaConf.
        key: the field's dotted key; empty to take it from the exception.
        received: the value given; None to look for it in the message.
        where: text added to the rule, such as ` (in train.yaml)`.
    """
    text = _first_line(error)
    key = key or str(error.full_key or "config")
    if match := re.search(r"Missing mandatory value: (\S+)", text):
        return ConfigError(match.group(1), f"must be given, as {match.group(1)}=VALUE")
    if isinstance(error, ConfigKeyError | ConfigAttributeError):
        return unknown_key(key, received, where)
    if received is None and (match := re.search(r"value '([^']*)'", text, re.I)):
        received = match.group(1)
    if "HydraConfig was not set" in text:
        return ConfigError(
            "config" if key == DUMMY else key,
            f"must not follow a job: all runs of a configuration share its config{where}",
            "${hydra:...}",
            "For another seed in each run write seed=random replicates=N",
        )
    hint = None
    if match := re.search(r"Interpolation key '(.*)' not found", text):
        received = f"${{{match.group(1)}}}"
        hint = nearest(match.group(1), [k for k, _ in walk()])
    if (match := re.search(r"expected one of \[([^\]]+)\]", text)) and received:
        hint = nearest(received, match.group(1).split(", "))
    for pattern, rule in RULES:
        if match := re.search(pattern, text):
            return ConfigError(key, rule(*match.groups()) + where, received, hint)
    return ConfigError(key, text.rstrip(".") + where, received)


def _raised_by_hydra(error: BaseException) -> bool:
    """Return whether Hydra's own code raised an error, rather than a function that it called."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and str(frames[-1].f_globals.get("__name__")).startswith("hydra.")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
