"""A shelf of books: a jsonrpcserver app that answers one line after the other."""

import sys

from jsonrpcserver import Error, InvalidParams, JsonRpcError, Result, Success, method
from rpc_worker.interop.jsonrpcserver import Mounted, serve

Shelf = dict[str, int]
"""The years of books, by title."""


@method
def ping(_shelf: Shelf) -> Result:
    return Success("pong")


@method
def get_runtime(_shelf: Shelf) -> Result:
    return Success(f"Python {sys.version_info.major}")


@method
def add_book(shelf: Shelf, title: str, year: int) -> Result:
    """Put a book on the shelf, and return how many there are."""
    if not title:
        return InvalidParams("a book has a title")
    shelf[title] = year
    return Success(len(shelf))


@method
def find_book(shelf: Shelf, title: str) -> Result:
    if title not in shelf:
        return Error(404, "There is no such book", {"title": title})
    return Success({"title": title, "year": shelf[title]})


@method(name="shelf.clear")
def clear(shelf: Shelf) -> Result:
    if not shelf:
        raise JsonRpcError(409, "The shelf is empty")
    shelf.clear()
    return Success()


shelf = Shelf(Emma=1815)

if __name__ == "__main__":
    serve(Mounted(context=shelf))
