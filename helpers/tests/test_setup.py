"""The set-up: the lock, what is made from it, and what a second run skips."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from helpers.tests.test_flow import imported, modules

# Written in pieces, so that this file passes its own test.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "npmjs" + ".com", "yarnpkg" + ".com", "anaconda" + ".org", "anaconda" + ".com", "debian" + ".org/debian")
MACHINE_PATHS = re.compile(r"(?<![\w.~}])/(work|root|opt/wheels|tmp/clone)(/|\b(?=[\s'\"]))|\.\." + r"/\.library|file:" + r"///")
FAULTS = {"a package registry": re.compile("|".join(map(re.escape, HOSTS))), "a path of one machine": MACHINE_PATHS}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def lock(root):
    return (root / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def pins(lock):
    """Package name -> its pinned requirement."""
    lines = re.findall(r"^([a-z0-9].*?) \\$", lock, flags=re.MULTILINE)
    return {(found := Requirement(line)).name: found for line in lines}


def version(pin: Requirement) -> str:
    (only,) = pin.specifier
    assert only.operator == "=="
    return only.version


def asked(project) -> dict[str, list[str]]:
    """What pyproject.toml asks for: '' for the base (with the dev group), else by extra."""
    base = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {"": base, **project["project"]["optional-dependencies"]}


# The lock


def test_the_lock_holds_every_package_asked_for(project, pins):
    for extra, lines in asked(project).items():
        for wanted in map(Requirement, lines):
            pin = pins[wanted.name.replace(".", "-")]
            assert wanted.specifier.contains(version(pin)), f"make lock: {pin} is outside {wanted}"
            assert f'extra == "{extra}"' in str(pin.marker) if extra else "extra" not in str(pin.marker)


def test_every_pin_has_a_hash(lock, pins):
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins) > 100
    assert all(re.search(r"^    --hash=sha256:[0-9a-f]{64}", block, flags=re.MULTILINE) for block in blocks)
    assert all(line.startswith((*"abcdefghijklmnopqrstuvwxyz", "    --hash=", "# ")) for line in lock.splitlines())


def test_the_lock_names_no_address(lock):
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock


def test_extras_stay_out_of_a_plain_install(pins):
    waiting = {name for name, pin in pins.items() if "extra ==" in str(pin.marker)}
    assert {"pyspark", "py4j", "playwright"} <= waiting
    assert not any(pins[name].marker.evaluate() for name in waiting)


def test_pins_that_measurements_ask_for(pins):
    assert "rfc3987-syntax" not in pins  # 1.4 s in every process that imports nbformat
    assert SpecifierSet("<3.13").contains(version(pins["matplotlib"]))
    assert SpecifierSet(">=3").contains(version(pins["pandas"]))
    assert not {"lifelines", "pm4py"} & set(pins)


def undeclared(package, project) -> list[str]:
    """A sentence for each package that a module imports and pyproject.toml does not ask for."""
    owners = importlib.metadata.packages_distributions()
    declared = {canonicalize_name(Requirement(line).name) for lines in asked(project).values() for line in lines}
    found = []
    for stage, file in modules(package):
        for line, name in imported(ast.parse(file.read_text(encoding="utf-8")), ("helpers",)):
            top = name.partition(".")[0]
            known = top in sys.stdlib_module_names or top == "helpers" or stage == "tests"
            if not known and not declared & {canonicalize_name(owner) for owner in owners.get(top, [top])}:
                found.append(f"{file.relative_to(package)}:{line} imports {top}: add it to pyproject.toml and run make lock")
    return found


def test_what_the_code_imports_is_asked_for(root, project):
    assert undeclared(root / "helpers", project) == []


def test_an_undeclared_import_is_found(tmp_path, project):
    (tmp_path / "draw.py").write_text("import numpy, yaml, PIL.Image\nimport jedi\n")
    assert undeclared(tmp_path, project) == ["draw.py:2 imports jedi: add it to pyproject.toml and run make lock"]


# conda


def test_conda_takes_python_and_pip_and_the_lock(root, project):
    text = (root / "environment.yml").read_text()
    environment = yaml.safe_load(text)
    python, pip, inner = environment["dependencies"]
    assert environment["name"] == project["project"]["name"]
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert SpecifierSet(project["project"]["requires-python"]).contains(python.removeprefix("python="))
    assert pip.startswith("pip>=")
    assert inner == {"pip": ["--requirement requirements.lock"]}
    assert f"conda run --name {environment['name']} python -m pip install --no-deps --no-build-isolation --editable ." in text


# The scripts


@pytest.mark.parametrize("script", [".ci/run", ".ci/setup"])
def test_scripts_can_run(root, script):
    path = root / script
    assert path.stat().st_mode & stat.S_IXUSR
    shell = path.read_text().splitlines()[0].split("/")[-1].split()[-1]
    subprocess.run([shell, "-n", str(path)], check=True)


FAKE_PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
  *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *"-m uv pip install"*) [ -z "${UV_FAILS:-}" ] || exit 2 ;;
  *"pip config list"*) echo ":env:.index-url='one'"; echo "global.index-url='two'"; echo "global.cert='ca.pem'" ;;
  --version) echo "Python 3.99" ;;
esac
case "$*" in *"-m uv"*) echo "index=$UV_DEFAULT_INDEX cert=$SSL_CERT_FILE" >> "$LOG" ;; esac
"""


@pytest.fixture
def setup(root, tmp_path):
    """Runs .ci/setup on a copy of the project's few files with an interpreter that only notes what it is asked."""
    (tmp_path / ".ci").mkdir()
    for name in (".ci/setup", "pyproject.toml", "requirements.lock"):
        shutil.copy(root / name, tmp_path / name)
    fake, log = tmp_path / "fakepython", tmp_path / "log"
    fake.write_text(FAKE_PYTHON)
    fake.chmod(0o755)
    keep = {name: value for name, value in os.environ.items() if name not in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "SSL_CERT_FILE")}

    def run(*extras, **env):
        log.write_text("")
        done = subprocess.run(
            [".ci/setup", *extras], cwd=tmp_path, env={**keep, "PYTHON": str(fake), "LOG": str(log), **env}, capture_output=True, text=True
        )
        return done, log.read_text()

    return run


def test_the_second_set_up_installs_nothing_and_says_so(setup, tmp_path):
    first, calls = setup()
    assert first.returncode == 0, first.stderr
    assert "-m venv" in calls and "--compile-bytecode --require-hashes -r requirements.lock" in calls
    assert "--no-deps --no-build-isolation --offline -e ." in calls and "-m ipykernel install --sys-prefix --name python3" in calls
    second, calls = setup()
    assert calls == "" and "nothing to install; skipped .venv, the " in second.stdout
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert "--require-hashes" in setup()[1]


def test_an_extra_is_installed_once_on_top(setup):
    setup()
    done, calls = setup("spark")
    assert done.returncode == 0 and calls.count("--require-hashes") == 1 and "-m venv" not in calls
    done, calls = setup("spark")
    assert calls == "" and "skipped the extra spark" in done.stdout
    done, _ = setup("sparkle")
    assert done.returncode == 1 and "there is no extra named sparkle; there are: browser spark" in done.stderr


def test_uv_hears_what_pip_was_told(setup):
    assert "index=one cert=ca.pem" in setup()[1]


def test_what_was_set_for_uv_stays(setup):
    assert "index=mine cert=my.pem" in setup(UV_DEFAULT_INDEX="mine", SSL_CERT_FILE="my.pem")[1]


def test_pip_stands_in_for_uv(setup):
    done, calls = setup(UV_FAILS="1")
    assert "uv could not install the pins" in done.stdout
    assert "-m pip install -qq --require-hashes -r requirements.lock" in calls


def test_a_machine_without_python_is_told_what_to_do(setup):
    done, _ = setup(PYTHON="no-such-python")
    assert done.returncode == 1 and "no Python 3.11 or newer among: no-such-python" in done.stderr


def test_every_target_is_explained_and_the_lab_stays_at_home(root):
    make = (root / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", make, flags=re.MULTILINE))
    assert {"help", "setup", "reports", "test", "lab", "notebooks", "sample", "lock", "clean"} <= targets
    assert "--ServerApp.ip=127.0.0.1" in make and "--ServerApp.root_dir=notebooks" in make
    assert "token" not in make.replace("with a token", "")


# What is committed


def committed(root) -> dict[str, str]:
    """Each committed text file and its text."""
    if not (root / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this copy of the project is not a git repository")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
    texts = {}
    for name in filter(None, names):
        raw = (root / name).read_bytes() if (root / name).is_file() else b""
        if b"\0" not in raw[:8192]:
            texts[name] = raw.decode("utf-8", errors="replace")
    return texts


def named(texts: dict[str, str]) -> list[str]:
    """A sentence for each place where a text names what only one machine or one registry has."""
    return [
        f"{name}:{text.count(chr(10), 0, found.start()) + 1} names {what}: {found.group()}"
        for name, text in texts.items()
        for what, pattern in FAULTS.items()
        for found in pattern.finditer(text)
    ]


def test_no_committed_file_names_a_registry_or_a_machine(root):
    assert named(committed(root)) == []


@pytest.mark.parametrize(
    "line",
    ["see https://" + HOSTS[0] + "/simple", "url: https://files." + HOSTS[1], "cd /" + "work/main", '"/' + 'root/.cache"', "file:" + "///x", "../" + ".library/x"],
)
def test_a_planted_name_is_found(line):
    assert len(named({"a.txt": f"first\n{line}\n"})) == 1
    assert named({"a.txt": f"first\n{line}\n"})[0].startswith("a.txt:2 names ")


def test_plain_words_pass():
    assert named({"a.txt": "work/life, team/work/hours, ./root/x, the library, conda-forge, https://example.org/work/"}) == []
