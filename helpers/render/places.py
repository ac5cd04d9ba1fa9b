"""Where a report lies: folder and file names that are safe for any word from data and never the same for two."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

LONGEST = 60


def slug(label: str) -> str:
    """A word as a file name: letters, digits and `=&_-.`, no leading or doubled dots, at most 60 characters.

    >>> slug("region=Île de France / 75"), slug("../../etc"), slug("2026-07-01..2026-09-15")
    ('region=Ile-de-France-75', 'etc', '2026-07-01_2026-09-15')
    """
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=\d)\.\.(?=\d)", "_", plain)
    plain = re.sub(r"[^A-Za-z0-9=&_.-]+", "-", re.sub(r"\.{2,}", ".", plain))
    return plain.strip("-.")[:LONGEST].rstrip("-.") or "x"


def folder_names(labels: Collection[str], known: Collection[str] = ()) -> dict[str, str]:
    """A folder name for each label; `known` are further labels that may come later, so that names stay as they are.

    A name that lost something, or that differs from another only by case, ends in eight characters of the label's hash.

    >>> folder_names(["segment=trade", "segment=A/B", "segment=A?B"])
    {'segment=trade': 'segment=trade', 'segment=A/B': 'segment=A-B-b184b9c9', 'segment=A?B': 'segment=A-B-0d24dc93'}
    """
    alike = Counter(label.lower() for label in {*labels, *known} if _faithful(label))
    return {label: slug(label) if _faithful(label) and alike[label.lower()] == 1 else _marked(label) for label in labels}


def _faithful(label: str) -> bool:
    """Whether a label is its own file name, and does not look like one that got a hash."""
    return slug(label) == label and not re.search(r"-[0-9a-f]{8}$", label)


def _marked(label: str) -> str:
    return f"{slug(label)}-{sha256(label.encode()).hexdigest()[:8]}"


def stem(page: str, given: str) -> str:
    """The file name of a figure or table: its page, then its own stem; two pages never write the same file.

    >>> stem("1_intent", "time to decide")
    '1_intent-time-to-decide'
    """
    return f"{page}-{slug(given)}"


def inside(folder: Path, *parts: str) -> Path:
    """A path below `folder`. Raises ValueError where a part would lead out of it."""
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{'/'.join(parts)} would lie outside {folder}")
    return path
