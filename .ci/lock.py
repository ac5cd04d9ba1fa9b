"""Write requirements.lock: every pin with its hashes, no index address.

One resolution covers the project, its `dev` group and every extra. What only an extra needs carries the
marker `extra == '<name>'`, which pip and uv read as "not now": a plain `-r requirements.lock` leaves it out, and
`.ci/setup <name>` lets it in. Pins that still fit are kept; `--upgrade` takes the newest of everything.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = """\
# Written by `make lock`; installed by `make setup`. Do not edit: change pyproject.toml and run `make lock`.
# Lines marked `extra == ...` are left out until asked for (`make spark`, `make browser`).
"""


def compile_pins(*options: str) -> str:
    """The pins that uv finds for pyproject.toml, for every platform and every Python the project allows."""
    command = [
        str(Path(sys.executable).parent / "uv"), "pip", "compile", "pyproject.toml", "--group", "dev", "--universal",
        "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes", "--no-emit-index-url",
        "--no-strip-extras", "--no-annotate", "--no-header", "--quiet", *options,
    ]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def blocks(pins: str) -> dict[str, str]:
    """Each package's lines (the pin, then its hashes) by package name, in the order of the file."""
    found = re.findall(r"^([a-z0-9][a-z0-9._-]*)((?:\[[a-z0-9,._-]*\])?==.*(?:\n .*)*)", pins, flags=re.MULTILINE)
    return {name: name + rest for name, rest in found}


def only_with(extra: str, block: str) -> str:
    """The block with the extra's marker added to its first line."""
    pin, _, hashes = block.partition(" \\\n")
    name, _, marker = pin.partition(" ; ")
    marker = f"({marker}) and extra == '{extra}'" if marker else f"extra == '{extra}'"
    return f"{name} ; {marker} \\\n{hashes}"


def main() -> None:
    extras = sorted(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "all.lock")
        if LOCK.exists():
            whole.write_text(re.sub(r" (;|and) extra == '[^']*'", "", LOCK.read_text()))
        compile_pins("--all-extras", "--output-file", str(whole), *sys.argv[1:])
        base = blocks(compile_pins("--constraint", str(whole)))
        parts = ["\n".join(base.values())]
        for extra in extras:
            pins = blocks(compile_pins("--constraint", str(whole), "--extra", extra))
            parts += [only_with(extra, block) for name, block in pins.items() if name not in base]
    LOCK.write_text(HEADER + "\n".join(parts) + "\n")
    print(f"{LOCK.name}: {len(base)} packages, and {len(parts) - 1} more for the extras {', '.join(extras)}.")


if __name__ == "__main__":
    main()
