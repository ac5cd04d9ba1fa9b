"""Helper modules of the Customer Journey Workbook, one per stage of the way through the data.

load -> validate -> journey -> measure -> infer -> score -> draw -> report -> render
"""

__version__ = "0.1.0"
