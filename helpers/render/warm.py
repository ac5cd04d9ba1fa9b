"""A papermill engine that runs a notebook's cells in the process it is called from, forked from one that has imported everything.

A kernel costs two seconds to start and import, a fork nothing; isolation is the same, one process a report. Outputs are
those of a kernel (a test compares them). Not here: cell time-outs, stdin, live widgets (their static fallback is kept).
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import List, Type

NAME = "journey-warm"


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, *, transient=None, update=False, **_) -> None:
        shown = new_output("display_data", data=_text(data), metadata=metadata or {})
        name = (transient or {}).get("display_id")
        if update:
            self.shell.replace(name, shown)
        else:
            self.shell.record(shown, name)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.shown.clear()


class _Result(DisplayHook):
    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict, md_dict=None) -> None:
        shown = new_output("execute_result", data=_text(format_dict), metadata=md_dict or {}, execution_count=self.prompt_count)
        self.shell.record(shown)

    def finish_displayhook(self) -> None:
        pass


class Shell(InteractiveShell):
    """IPython without a terminal: what cells show is kept in `shown`, in order."""

    displayhook_class = Type(_Result)
    display_pub_class = Type(_Publisher)
    shown = List()
    displays: dict[str, list] = {}

    def init_history(self) -> None:
        from IPython.core.history import HistoryManager

        HistoryManager.enabled = False
        super().init_history()

    def record(self, output: Any, name: str | None = None) -> None:
        """Keep an output; `name` lets a later one replace it."""
        self.shown.append(output)
        if name:
            self.displays.setdefault(name, []).append(output)

    def replace(self, name: str | None, output: Any) -> None:
        """Put new data where the display `name` was shown."""
        for old in self.displays.get(name or "", []):
            old.data, old.metadata = output.data, output.metadata

    def stream(self, name: str, text: str) -> None:
        """Keep printed text; neighbours of one stream are one output."""
        last = self.shown[-1] if self.shown else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        else:
            self.shown.append(new_output("stream", name=name, text=text))

    def _showtraceback(self, etype, evalue, stb) -> None:
        self.shown.append(new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb)))


class _Stream:
    """Stands in for stdout or stderr while a cell runs."""

    encoding = "utf-8"

    def __init__(self, shell: Shell, name: str) -> None:
        self.shell, self.name = shell, name

    def write(self, text: str) -> int:
        if text:
            self.shell.stream(self.name, text)
        return len(text)

    def writelines(self, lines) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class WarmEngine(Engine):
    """Runs every code cell in this process, in order, and stops at the first error."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **_) -> None:
        shell = _fresh_shell()
        for index, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            nb_man.cell_start(cell, index)
            failed = run_cell(shell, cell)
            if failed and "raises-exception" not in cell.metadata.get("tags", []):
                nb_man.cell_exception(cell, index)
                return
            nb_man.cell_complete(cell, index)


def run_cell(shell: Shell, cell: Any) -> bool:
    """Run one cell, put its outputs into it; whether it failed."""
    shell.shown = []
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream(shell, "stdout"), _Stream(shell, "stderr")
    try:
        cell.execution_count = shell.execution_count
        result = shell.run_cell(cell.source, store_history=True)
    finally:
        sys.stdout, sys.stderr = streams
        cell.outputs = list(shell.shown)
    return not result.success


def _fresh_shell() -> Shell:
    """A new shell: pictures as in a kernel, and random numbers that do not depend on what ran before the fork."""
    import random

    backend = "module://matplotlib_inline.backend_inline"
    os.environ["MPLBACKEND"] = backend
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].switch_backend(backend)
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    Shell.clear_instance()
    shell = Shell.instance()
    shell.displays = {}
    return shell


def _text(data: dict) -> dict:
    """MIME data as a notebook file holds them: pictures in base 64."""
    return {mime: b64encode(value).decode("ascii") if isinstance(value, bytes) else value for mime, value in data.items()}


papermill_engines.register(NAME, WarmEngine)
