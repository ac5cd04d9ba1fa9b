"""Many reports at once: one process each, forked from this one, so many at a time; one that fails or dies stops no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

SECONDS_TO_STOP = 3


class Cancelled(Exception):
    """The run was interrupted; nothing that it started is left."""


def context() -> Any:
    """Fork where it is safe (Linux), else new processes that import everything again."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def run(tasks: Iterable[tuple[Any, Callable, tuple]], at_once: int, done: Callable[[Any, Any], None]) -> None:
    """Run tasks (key, function, arguments), `at_once` at a time, each in a process; `done(key, result)` as they end.

    A function that raises or a process that dies gives its exception as the result. Raises Cancelled on Ctrl-C or a
    request to terminate, after every process has been stopped.
    """
    waiting, running = deque(tasks), {}
    with _terminate_as_interrupt():
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    key, function, arguments = waiting.popleft()
                    connection, process, log = _start(function, arguments)
                    running[connection] = (key, process, log)
                _take(running, None, done)
        except KeyboardInterrupt:
            _take(running, 0, done)  # what has ended meanwhile counts
            raise Cancelled from None
        finally:
            _stop([process for _, process, _ in running.values()])


def _take(running: dict, patience: float | None, done: Callable[[Any, Any], None]) -> None:
    """Hand over the results that are there; wait for the first where `patience` is None."""
    for connection in wait(list(running), patience):
        key, process, log = running.pop(connection)
        done(key, _result(connection, process, log))


def start_call(function: Callable, *arguments: Any) -> Callable[[], Any]:
    """Run one function in a process of its own and go on; the function given back waits for its result, or raises its exception."""
    connection, process, log = _start(function, arguments)

    def finish() -> Any:
        with _terminate_as_interrupt():
            try:
                result = _result(connection, process, log)
            except KeyboardInterrupt:
                raise Cancelled from None
            finally:
                _stop([process])
        if isinstance(result, BaseException):
            raise result
        return result

    return finish


def _start(function: Callable, arguments: tuple) -> tuple[Connection, Any, Any]:
    log = tempfile.TemporaryFile()
    ours, theirs = multiprocessing.Pipe(duplex=False)
    inherited = log.fileno() if context().get_start_method() == "fork" else -1
    process = context().Process(target=_work, args=(theirs, inherited, os.getpid(), function, arguments))
    process.start()
    theirs.close()
    return ours, process, log


def _work(connection: Connection, log: int, parent: int, function: Callable, arguments: tuple) -> None:
    """What a process does: leave the terminal's signals to the parent, keep its own noise, hand back the result."""
    with suppress(OSError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    with suppress(OSError):
        os.dup2(log, 1)
        os.dup2(log, 2)
    try:
        result = function(*arguments)
    except BaseException as error:  # noqa: BLE001  everything goes to the parent, which decides
        error.add_note("In a process of its own:\n" + traceback.format_exc())
        result = error
    try:
        connection.send(result)
    except Exception as error:  # noqa: BLE001  a result that cannot be pickled
        connection.send(RuntimeError(f"{type(result).__name__}: {result} ({error})"))


def _follow(parent: int) -> None:
    """End this process when its parent is gone, so that a killed run leaves nothing behind."""
    import time

    while os.getppid() == parent:
        time.sleep(2)
    os._exit(1)


def _result(connection: Connection, process: Any, log: Any) -> Any:
    try:
        result = connection.recv()
    except EOFError:
        process.join()
        result = RuntimeError(_last_words(process.exitcode, log))
    connection.close()
    process.join(SECONDS_TO_STOP)
    log.close()
    return result


def _last_words(code: int | None, log: Any) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").strip().splitlines()
    if code is not None and code < 0:
        reason = f"its process was ended by {signal.Signals(-code).name}"
        reason += " (often: not enough memory; try --jobs 1)" if -code == signal.SIGKILL else ""
    else:
        reason = f"its process ended with code {code} and no result"
    return reason + (f"; its last words: {lines[-1][:300]}" if lines else "")


def _stop(processes: list[Any]) -> None:
    """End processes with all they started, gently first."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            if process.is_alive():
                with suppress(OSError):
                    os.kill(process.pid, sign)
                    os.killpg(process.pid, sign)
        for process in processes:
            process.join(SECONDS_TO_STOP)


class _terminate_as_interrupt:
    """While inside, a polite request to terminate counts as Ctrl-C."""

    def __enter__(self) -> None:
        self.here = threading.current_thread() is threading.main_thread()
        if self.here:
            self.before = signal.signal(signal.SIGTERM, self._raise)

    def __exit__(self, *_: Any) -> None:
        if self.here:
            signal.signal(signal.SIGTERM, self.before)

    @staticmethod
    def _raise(*_: Any) -> None:
        raise KeyboardInterrupt


def scratch(folder: Path) -> Path:
    """A fresh folder for unfinished reports below `folder`; those that a killed run left are removed."""
    import shutil

    for old in folder.glob(".unfinished-*"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
