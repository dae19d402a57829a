"""Docstrings, deprecation and errors."""

from __future__ import annotations

from typing import Protocol

from typing_extensions import deprecated

from rpc_worker import RpcError, Struct, raises


class NotFound(RpcError, code=4004):  # noqa: N818 - errors of a contract have such names
    """There is no such file.

    More about it.
    """

    path: str


class Locked(RpcError, code=4023):  # noqa: N818 - as said
    pass


class NoFolder(NotFound, code=4005):
    pass


class Report(Struct):
    """What was found; ends with */ and goes on."""

    total: int
    """How many."""


class DocumentedAPI(Protocol):
    """What the worker offers.

    - a list
    - of things

    @internal is no tag here.
    """

    async def short(self) -> None:
        """Do little."""
        ...

    @raises(NotFound, NoFolder, Locked)
    async def full(
        self, path: str, depth: int = 3, *, follow_links: bool = False, pattern: str = "*/x"
    ) -> Report:
        """Look at everything below a folder.

        This takes a while: `**/*` is a lot.

            indented(code)

        Args:
            path: Where to begin,
                on two lines
            depth (int): How deep.
            follow_links: Whether links are followed.
            pattern: What names look like.

        Returns:
            What was found.

        Raises:
            NotFound: The folder is not there.

        Example:
            {@link nothing} and @decorator
            @decorator
        """
        ...

    @deprecated("Use full() instead.")
    async def old(self) -> Report:
        """Look around."""
        ...

    async def mentions(self, who: str = "`a @b`") -> None:
        """Write to me@example.org, as with `@deprecated` but not @deprecated, or (@internal).

        An open ` and @alpha.
        - @beta
        * @sealed
        """
        ...

    async def a_long_name_with_parameters(
        self, first_parameter: str, second_parameter: list[str], third_parameter: dict[str, int]
    ) -> None: ...
