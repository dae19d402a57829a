"""What a window offers the gallery."""

from typing import Literal, Protocol


class DialogsAPI(Protocol):
    """What a person is asked."""

    async def confirm(self, question: str, *, level: Literal["hint", "warning"] = "hint") -> bool:
        """Ask a person to agree.

        Args:
            question: In one sentence.
            level: How serious it is.

        Returns:
            Whether the person agrees.
        """
        ...
