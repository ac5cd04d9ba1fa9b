"""One answer at a time.

JupyterLab lets a kernel answer controls in a thread of their own, beside the one that runs the cells, and sends the first
entries after a start to either: two answers to one room would then write over each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Any


def in_turn(answer: Callable[..., Any], lock: RLock) -> Callable[..., Any]:
    """`answer`, begun only when whoever holds `lock` is through; what it reads from the controls then is the latest.

    >>> in_turn(lambda words: words.upper(), RLock())("kept")
    'KEPT'
    """

    @wraps(answer)
    def waits(*given: Any) -> Any:
        with lock:
            return answer(*given)

    return waits
