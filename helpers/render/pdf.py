"""Reports as PDF: one Chromium, driven by Playwright, prints the HTML files of a run. Tagged, with an outline, offline, without scripts.

`Printer` runs this module as a process of its own (`python -m helpers.render.pdf A4`): it starts the browser once, and the run that
forks pages stays free of threads. It reads one JSON line a page, [HTML file, PDF file], and answers with the error, empty where
there is none.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.load import ROOT

PAPERS = {"a4": "A4", "letter": "Letter"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)
SECONDS = 60


class PdfError(ValueError):
    """No PDF can be made; the message says what to install."""


def browser_path() -> str | None:
    """The browser that prints: $CHROMIUM, else the first one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def check() -> str:
    """The browser's path. Raises PdfError saying what is missing and how to get it."""
    missing = []
    if importlib.util.find_spec("playwright") is None:
        missing.append("Playwright (type: make browser)")
    if not (path := browser_path()) or not (Path(path).exists() or shutil.which(path)):
        missing.append(f"Chromium (on Debian and Ubuntu: apt-get install chromium; elsewhere name it: CHROMIUM=/path/to/it){f'; there is no {path}' if path else ''}")
    if missing:
        raise PdfError(f"--pdf needs {' and '.join(missing)}; or leave --pdf out and print the HTML from any browser")
    return str(path)


def paper(word: str) -> str:
    """The paper of a word, in any case. Raises PdfError for another.

    >>> paper("letter")
    'Letter'
    """
    if word.lower() not in PAPERS:
        raise PdfError(f"--pdf prints on {' or '.join(PAPERS.values())}, not on '{word}'; type --pdf A4")
    return PAPERS[word.lower()]


class Printer:
    """A browser that waits for pages to print; close it when the last one is done."""

    def __init__(self, size: str) -> None:
        check()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "helpers.render.pdf", size], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT, start_new_session=True,
        )

    def print(self, html: Path, pdf: Path) -> str:
        """Print one file beside another; gives the error, empty where it worked. A PDF is there whole or not at all."""
        partial = pdf.with_name(f".{pdf.name}.{os.getpid()}")
        try:
            self._process.stdin.write(json.dumps([str(html), str(partial)]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            return f"the browser ended: {' '.join(self._process.stderr.read().split())[-300:]}"
        if error := json.loads(answer):
            partial.unlink(missing_ok=True)
            return error
        os.replace(partial, pdf)
        return ""

    def close(self) -> None:
        """End the browser."""
        try:
            self._process.communicate(timeout=SECONDS)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            self._process.kill()
            self._process.wait()


def serve(size: str) -> None:
    """Print what the lines of standard input ask for, until they end."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=check(), args=list(FLAGS))
        context = browser.new_context(java_script_enabled=False, offline=True)
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        for line in sys.stdin:
            source, target = json.loads(line)
            error = ""
            try:
                page.goto(Path(source).resolve().as_uri(), wait_until="load")
                page.pdf(path=target, format=size, tagged=True, outline=True, print_background=True)
            except (Error, OSError) as broken:
                error = " ".join(str(broken).split())[:300] or type(broken).__name__
            print(json.dumps(error), flush=True)
        browser.close()


if __name__ == "__main__":
    serve(sys.argv[1])
