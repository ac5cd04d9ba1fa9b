"""Drives a workshop in a real browser as a facilitator does, on Voila's page or in JupyterLab: by labels, buttons and the keyboard alone."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.load import ROOT
from helpers.tests.browser import Heard
from helpers.workshop.record import Record, WorkshopError, read

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+\S*token=[0-9a-f]+")
READY = 300_000  # milliseconds that a page may take to open on a busy machine
SOON = 60.0  # seconds that an answer may take there
LAST = ".workshop.step-decisions"


@contextmanager
def served(folder: Path, *words: str) -> Iterator[str]:
    """`journey workshop open` on a company's folder; gives the address with its token, and ends the server after."""
    with tempfile.TemporaryDirectory() as own, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        log, settings = Path(own) / "log", Path(own) / "config_dir" / "jupyter_server_config.json"
        settings.parent.mkdir()
        settings.write_text('{"ServerApp": {"allow_root": true}}')  # machines that test have no other user
        environment = {**os.environ, **{f"JUPYTER_{name}_DIR": f"{own}/{name.lower()}_dir" for name in ("CONFIG", "RUNTIME", "DATA")}, "IPYTHONDIR": f"{own}/ipython"}
        with log.open("w") as out:
            command = [sys.executable, "-m", "helpers.cli", "workshop", "open", str(folder), "--no-browser", "--port", str(port), *words]
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            yield _address(server, log)
        finally:
            server.terminate()
            server.wait(30)


def _address(server: subprocess.Popen, log: Path) -> str:
    until = time.monotonic() + READY / 1000
    while time.monotonic() < until and server.poll() is None:
        if found := ADDRESS.search(log.read_text()):
            return found.group()
        time.sleep(0.2)
    raise AssertionError(f"no server came up:\n{log.read_text()}")


class Talk:
    """What a page has asked of its kernel and not been answered yet."""

    NUMBER = re.compile(rb'"msg_id": ?"([^"]+)"')

    def __init__(self, page: Any) -> None:
        self.page, self.open, self.heard = page, set(), False
        self.aside = False  # whether a thread of its own was asked for to answer the controls
        page.on("websocket", self._begun)

    def _begun(self, socket: Any) -> None:
        self.open.clear()  # the kernel before this one answers no more
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        self.open.update(self._numbers(frame, b"comm_msg")[:1])
        self.aside = self.aside or bool(self._numbers(frame, b"create_subshell_request"))

    def _received(self, frame: str | bytes) -> None:
        answered = self._numbers(frame, b"idle")
        self.open.difference_update(answered)
        self.heard = self.heard or bool(answered)

    def _numbers(self, frame: str | bytes, word: bytes) -> list[bytes]:
        """The numbers of the messages in a frame, its own first, if it is of the kind that `word` tells."""
        frame = frame.encode() if isinstance(frame, str) else frame
        return self.NUMBER.findall(frame) if b'"' + word + b'"' in frame else []

    def begun(self) -> None:
        """Wait until the kernel has answered for the first time; cells that JupyterLab is told to run before are lost."""
        until = time.monotonic() + READY / 1000
        while not self.heard:
            assert time.monotonic() < until, "no kernel came up"
            self.page.wait_for_timeout(50)
        self.over()

    def over(self) -> None:
        """Wait until all is answered, and nothing is asked anew in answer to that."""
        until, quiet = time.monotonic() + SOON, 0
        while quiet < 3:
            assert time.monotonic() < until, "the kernel does not answer"
            self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 15)))")
            quiet = 0 if self.open else quiet + 1


class Screen:
    """A workshop open in one window. `path`: the workshop's file."""

    def __init__(self, browser: Any, address: str, path: Path, *, lab: bool = False) -> None:
        self.path, self.lab, self.heard = path, lab, Heard()
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.talk = Talk(self.page)
        self.page.set_default_timeout(SOON * 1000)
        self.page.on("request", lambda one: self.heard.asked.append(one.url[:200]) if not re.match(r"(data|blob|(http|ws)://127\.0\.0\.1:)", one.url) else None)
        self.page.on("dialog", lambda one: one.accept())
        self.page.goto(address, wait_until="load", timeout=READY)
        if lab:
            self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=READY)
            self.talk.begun()
            self._menu("Run", "Run All Cells")
        self.ready()

    def ready(self) -> None:
        """Wait until the last step stands on the screen."""
        self.page.locator(LAST).wait_for(state="attached", timeout=READY)
        self.talk.over()

    def restart(self) -> None:
        """A kernel that begins again from nothing: Voila's page loaded again, JupyterLab's kernel restarted and all run."""
        if not self.lab:
            self.page.reload(wait_until="load", timeout=READY)
        else:
            self.page.evaluate(f"() => document.querySelectorAll('{LAST}').forEach(one => one.classList.add('before-restart'))")
            self._menu("Kernel", "Restart Kernel and Run All Cells…")
            self.page.locator(".jp-Dialog .jp-mod-accept").click()
            self.page.locator(f"{LAST}:not(.before-restart)").wait_for(state="attached", timeout=READY)
        self.ready()

    def _menu(self, menu: str, item: str) -> None:
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(".lm-Menu-item", has_text=re.compile(f"^{re.escape(item)}")).first.click()

    def step(self, name: str) -> Any:
        """The part of the screen that holds a step."""
        return self.page.locator(f".workshop.step-{name}")

    def press(self, name: str, button: str) -> None:
        """Press a button of a step by the keyboard. A click would overtake what was typed while the kernel is busy, so both are waited for."""
        self.talk.over()
        self.step(name).get_by_role("button", name=button, exact=True).press("Enter")
        self.talk.over()

    def choose(self, name: str, label: str, words: str) -> None:
        """Choose from a list of a step, and wait until the step has followed."""
        self.step(name).get_by_label(label, exact=True).select_option(label=words)
        self.talk.over()

    def write(self, name: str, label: str, words: str) -> None:
        """Fill a field of a step, found by its name (where it has none, its hint), and leave it."""
        field = self.step(name).get_by_label(label, exact=True)
        field.fill(words)
        field.press("Tab")
        self.talk.over()

    def slide(self, name: str, label: str, steps: int) -> None:
        """Move a slider by so many places with the arrow keys."""
        handle = self.step(name).get_by_role("slider", name=label).first
        for _ in range(abs(steps)):
            handle.press("ArrowRight" if steps > 0 else "ArrowLeft")

    def tag(self, name: str, label: str, *words: str) -> None:
        """Put words on a list."""
        field = self.step(name).get_by_label(label).last
        for word in words:
            field.fill(word)
            field.press("Enter")
            self.talk.over()

    def text(self, name: str) -> str:
        """What a step says. JupyterLab draws only cells that are in view, so it is brought there first."""
        for _ in range(40):
            if said := self.step(name).evaluate("one => { one.scrollIntoView({ block: 'nearest' }); return one.innerText; }"):
                return said
            self.page.wait_for_timeout(50)
        return ""

    def says(self, name: str, words: str, seconds: float = SOON) -> None:
        """Wait until a step says something."""
        until = time.monotonic() + seconds
        while words not in self.text(name):
            assert time.monotonic() < until, f"“{words}” is not on the screen of {name}:\n{self.text(name)}"
            self.page.wait_for_timeout(50)

    def kept(self, holds: Callable[[Record], Any], seconds: float = SOON) -> Record:
        """Wait until the workshop's file holds something."""
        until, record = time.monotonic() + seconds, {}
        while time.monotonic() < until:
            try:
                record = read(self.path)
                if holds(record):
                    return record
            except (OSError, KeyError, WorkshopError):
                pass
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the file does not hold it: {record}")
