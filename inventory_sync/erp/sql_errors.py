"""What a database error means to the person who runs the sync: one sentence, and no secret.

Put here how an error code is told as ``ErpUnavailable`` (try again) or ``ContractBroken`` (repair
the views). Keep SQL and drivers' messages of other rooms out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

import psycopg
import pyarrow as pa
from sqlalchemy import URL, exc, make_url

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, InventorySyncError

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_CANCELLED: Final = "57014"
_PASSING: Final = ("08", "25P03", "40", "53", "55", "57", "58", "72", "28", "3D")
"""SQLSTATE prefixes about the server, the load or the login, not about a view: connection,
idle limit, conflict, resources, lock, shutdown, system, snapshot, login, database name."""

_SQLITE_ABOUT_THE_VIEW: Final = frozenset({1, 19})
"""SQLite's codes for faulty SQL and for a row that a constraint refuses
(https://www.sqlite.org/rescode.html)."""

_LONGEST_CAUSE: Final = 300

_SECRET_PARAMETERS: Final = ("password", "sslpassword", "passwd")


def parsed_url(raw_url: str) -> URL:
    """The URL with psycopg 3 as PostgreSQL's driver. Raises ``ErpUnavailable``, without the URL."""
    scheme, separator, rest = raw_url.partition("://")
    if scheme == "postgres":  # the short form, which SQLAlchemy does not know
        raw_url = f"postgresql{separator}{rest}"
    try:
        url = make_url(raw_url)
    except (exc.ArgumentError, ValueError):
        # Without the cause: it may quote a piece of the password.
        raise ErpUnavailable(
            "The ERP URL under erp.url cannot be understood: write it as"
            " postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the"
            " password percent-encoded."
        ) from None
    return url.set(drivername="postgresql+psycopg") if _is_postgres(url) else url


def _is_postgres(url: URL) -> bool:
    return url.get_backend_name() == "postgresql"


@dataclass(frozen=True)
class Explainer:
    """Turns database errors into ours, with the place and the limits they are about."""

    url: URL
    timeout_seconds: float

    @contextmanager
    def explains(self, dataset: str | None = None) -> Iterator[None]:
        """Translate the database errors of a block, which reads ``dataset`` if one is named."""
        try:
            yield
        except (exc.NoSuchModuleError, ImportError) as error:
            raise ErpUnavailable(
                f"No driver for the ERP database {self.url.drivername} is installed"
                f" ({self._spoken(error)}): install it, or correct erp.url."
            ) from error
        except (exc.SQLAlchemyError, psycopg.Error, pa.ArrowInvalid) as error:
            raise self._translated(error, dataset) from error

    def _translated(self, error: Exception, dataset: str | None) -> InventorySyncError:
        cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
        code = getattr(cause, "sqlstate", None) or ""
        if code == _CANCELLED:
            what = f"dataset {dataset}" if dataset else "a contract view"
            return ErpUnavailable(
                f"Reading {what} from the ERP was cancelled by its database (the statement timeout"
                f" is {self.timeout_seconds:g} seconds): make the view faster or allow more time."
            )
        if _is_about_the_view(cause, code):
            if dataset == "order_requests":
                return ContractBroken(
                    f"Table {dataset} of the ERP does not take these requests"
                    f" ({self._spoken(cause)}): create it as the contract describes it, grant"
                    " select and insert on it, or correct the request."
                )
            what = f"Dataset {dataset}" if dataset else "A contract view"
            return ContractBroken(
                f"{what} cannot be read from the ERP ({self._spoken(cause)}): repair the view, or"
                " grant the reading role access to it."
            )
        return ErpUnavailable(
            f"The ERP database {self._place} cannot be read now ({self._spoken(cause)}): check"
            " erp.url, the password, and that the server is up."
        )

    @property
    def _place(self) -> str:
        host = self.url.host or ""
        port = f":{self.url.port}" if self.url.port else ""
        return f"{host}{port}/{self.url.database or ''}" if host else str(self.url.database or "")

    def _spoken(self, error: BaseException) -> str:
        """The driver's own words in one line, without secrets."""
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        said = str(primary or error).partition("(Background on")[0]
        words = " ".join(said.split()).rstrip(".: ")
        for secret in self._secrets():
            words = words.replace(secret, "***")
        return words[:_LONGEST_CAUSE] or type(error).__name__

    def _secrets(self) -> Iterator[str]:
        values = [self.url.password, *(self.url.query.get(name) for name in _SECRET_PARAMETERS)]
        for value in values:
            if isinstance(value, str) and value:
                yield from (value, quote(value, safe=""), quote_plus(value))


def _is_about_the_view(cause: BaseException, code: str) -> bool:
    """Whether trying again is useless until somebody changes the view or its rights."""
    match cause:
        case psycopg.DataError():
            return True  # a value that one side cannot hold, with or without a code
        case psycopg.Error():
            # No code: the connection broke before the server could send one.
            return bool(code) and not code.startswith(_PASSING)
        case sqlite3.Error():
            # The low byte is the primary code; locked and unreadable files have others.
            return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_ABOUT_THE_VIEW
        case _:
            return isinstance(cause, pa.ArrowInvalid)
