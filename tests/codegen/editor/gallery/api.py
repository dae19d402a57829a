"""What a gallery offers its windows."""

# pyright: reportDeprecated=false
# Nobody should catch Locked any more, and it is still raised.

from collections.abc import AsyncIterator
from typing import Annotated, Literal, Protocol

from msgspec import Meta
from typing_extensions import deprecated

from rpc_worker import Event, Progress, raises

from .errors import Busy, Locked, NoSuchPhoto
from .photos import Added, Photo, PhotoId, Removed, Size, Tags, Wanted
from .things import Page


class AlbumsAPI(Protocol):
    """Photos that belong together."""

    async def add_photo(self, album: str, photo: PhotoId) -> None:
        """Put a photo into an album, at its end."""
        ...

    @deprecated("Call find.")
    async def all_photos(self) -> list[Photo]:
        """Return all photos of all albums."""
        ...


class GalleryAPI(Protocol):
    """Photos, in albums and by themselves."""

    albums: AlbumsAPI
    """Photos that belong together, in an order that people have chosen."""

    changed: Event[Added | Removed]
    """A photo has come or gone, by whichever window."""

    @raises(NoSuchPhoto, Busy)
    async def photo(self, photo: PhotoId) -> Photo:
        """Return one photo.

        Args:
            photo: Its id.

        Raises:
            Busy: All photos are being moved.
        """
        ...

    @raises(Busy, Locked)
    async def find(
        self,
        wanted: Wanted,
        page: Annotated[int, Meta(ge=1)] = 1,
        *,
        order: Literal["name", "stars"] = "name",
        page_length: Annotated[int, Meta(ge=1, le=500, examples=[20])] = 50,
        progress: Progress[float],
    ) -> Page[Photo]:
        """Look for photos.

        Words are found in names and in tags. What was found is sorted, *then* cut into pages: see
        `page_length`.

        Args:
            wanted: What to look for.
            page: The first is 1.
            order: What to sort by, the best first.
            page_length: How many photos are on one page.
            progress: How many of all photos have been looked at, from 0 to 1.

        Returns:
            The page, and how many photos were found in all.
        """
        ...

    async def tags(self) -> Tags:
        """Return all words that were given to photos."""
        ...

    def previews(self, size: Size = Size.SMALL) -> AsyncIterator[str]:
        """Make a preview of each photo.

        Returns:
            The addresses of the previews.
        """
        ...
