"""pyarrow, told not to look for pandas.

The first `pyarrow.array` of a process loads pandas where it is installed, only to ask whether its argument is a pandas
object. That is half a second of each run, and no table here comes from pandas. Importing this module answers the question
beforehand; `Table.to_pandas` goes on working, because pyarrow looks again where pandas is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

import pyarrow as pa


class _Absent:
    """An import finder by which there is no pandas."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _answer() -> None:
    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _Absent)
    try:
        pa.array([""])
    finally:
        sys.meta_path.remove(_Absent)


_answer()
