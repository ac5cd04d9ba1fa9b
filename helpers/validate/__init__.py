"""Every row is either right and used, or wrong and set aside with its reason; rows read = used + quarantined."""

from __future__ import annotations

from helpers.validate.prepare import Prepared, SourceInfo, TableInfo, prepare

__all__ = ["Prepared", "SourceInfo", "TableInfo", "prepare"]
