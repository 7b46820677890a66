"""What captures and savefiles of the library have in common: their packets as tables."""

import importlib
from typing import TYPE_CHECKING, Any

from ptcpdump.errors import PtcpdumpError

if TYPE_CHECKING:
    import pyarrow as pa


class Tabular:
    """Something whose packets can be had as tables."""

    def to_arrow(self) -> "pa.Table":
        """All packets as a pyarrow Table, with the columns of docs/data.md; of a capture those until it ends.

        Raises PtcpdumpError without the package pyarrow.
        """
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """The same as a pandas DataFrame. Raises PtcpdumpError without the package pandas."""
        _require("pandas", "to_pandas()")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """The same as a polars DataFrame. Raises PtcpdumpError without the package polars."""
        return _require("polars", "to_polars()").from_arrow(self.to_arrow())


def _require(package: str, what: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise PtcpdumpError(f"{what} needs the package {package}: pip install {package}") from error
