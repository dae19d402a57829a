"""What can go wrong in a gallery."""

from typing_extensions import deprecated

from rpc_worker import RpcError

from .photos import PhotoId


class NoSuchPhoto(RpcError, code=4101):  # noqa: N818 - errors of a contract have such names
    """No photo has this id.

    It has been removed, or it never was.
    """

    id: PhotoId
    nearest_name: str | None
    """Of the photo before it, if there is one."""


class Busy(RpcError, code=4102):  # noqa: N818 - as said
    """The gallery is being tidied up."""


@deprecated("Catch Busy.")
class Locked(RpcError, code=4103):  # noqa: N818 - as said
    """The gallery is locked."""
