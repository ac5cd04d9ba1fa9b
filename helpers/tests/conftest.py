"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"


@pytest.fixture
def reference():
    """Path of a public reference file beside the project; skips, saying why, where there is none."""

    def find(name: str) -> Path:
        path = REFERENCE / name
        if not path.exists():
            pytest.skip(f"the reference file {name} does not lie beside the project (../shared/reference)")
        return path

    return find
