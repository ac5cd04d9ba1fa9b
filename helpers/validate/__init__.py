"""Every row is either right and used, or wrong and set aside with its reason; rows read = used + quarantined."""

from __future__ import annotations

from helpers.validate.check import Check, check
from helpers.validate.prepare import Prepared, SourceInfo, TableInfo, prepare
from helpers.validate.report import print_check

__all__ = ["Check", "Prepared", "SourceInfo", "TableInfo", "check", "prepare", "print_check"]
