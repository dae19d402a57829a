"""A browser of SQLite databases."""

# ruff: noqa: TC003 - annotations are evaluated at run time
# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Annotated, Literal, NewType, Protocol

from msgspec import Meta
from typing_extensions import TypeAliasType

from rpc_worker import RpcError, Struct, raises

Connection = NewType("Connection", int)
"""A database that is open."""
Value = TypeAliasType("Value", str | float | bool | None)
"""What a cell holds; a blob is shown as its length."""


class Column(Struct):
    """A column of a table, or of a result."""

    name: str
    type: Literal["integer", "real", "text", "blob", "any"]
    nullable: bool = True
    primary_key: bool = False


class ForeignKey(Struct):
    column: str
    table: str
    to: str


class Table(Struct):
    """A table or a view."""

    name: str
    kind: Literal["table", "view"]
    columns: list[Column]
    foreign_keys: list[ForeignKey] = []
    rows: int | None = None
    """How many; null if counting them takes long."""


class Rows(Struct, tag="rows"):
    """Some rows of a result."""

    rows: list[list[str | float | bool | None]]


class Summary(Struct, tag="summary"):
    """The end of a result."""

    changes: int
    took: dt.timedelta


class Header(Struct, tag="header"):
    """The beginning of a result."""

    columns: list[Column]


class SyntaxWrong(RpcError, code=4000):  # noqa: N818 - errors of a contract have such names
    """The statement is wrong."""

    message_of_database: str
    offset: int | None


class Locked(RpcError, code=4023):  # noqa: N818 - as said
    """Another program writes to the database."""


class SqlBrowserAPI(Protocol):
    """Databases, and what is in them."""

    @raises(Locked)
    async def open(self, path: str, *, read_only: bool = True) -> Connection:
        """Open a database.

        Args:
            path: The file, which is made if it is not there.
            read_only: Whether nothing can be changed.
        """
        ...

    async def close(self, connection: Connection) -> None:
        """Close a database. What is not committed is lost."""
        ...

    async def tables(self, connection: Connection) -> list[Table]:
        """List the tables and views, by name."""
        ...

    @raises(SyntaxWrong, Locked)
    def query(
        self,
        connection: Connection,
        sql: str,
        parameters: dict[str, Value] | list[Value] = [],  # noqa: B006 - it is not changed
        *,
        batch: Annotated[int, Meta(gt=0, le=10_000)] = 500,
    ) -> AsyncIterator[Header | Rows | Summary]:
        """Run one statement.

        Args:
            connection: Which database.
            sql: The statement, with `:name` or `?` for its parameters.
            parameters: By name, or in their order.
            batch: How many rows come at once.
        """
        ...

    @raises(SyntaxWrong)
    async def explain(self, connection: Connection, sql: str) -> list[tuple[int, int, str]]:
        """Return the plan of a statement: a number, that of what it is part of, and a text."""
        ...
