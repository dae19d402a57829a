"""The contracts that a command line names: what is said where they cannot even be imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from rpc_worker.cli.contracts import ImportingError, read_contracts

if TYPE_CHECKING:
    from pathlib import Path

MIXED = """
from pydantic import BaseModel
from rpc_worker import Struct

class Size(Struct):
    width: int

class Photo(BaseModel):
    size: Size
"""


def test_a_struct_in_a_model_is_told_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mixed_api.py").write_text(MIXED, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ImportingError) as caught:
        read_contracts(["mixed_api:PhotosAPI"], None)
    sys.modules.pop("mixed_api", None)
    first, *_, place, advice = str(caught.value).splitlines()
    assert first.startswith("mixed_api cannot be imported: PydanticSchemaGenerationError")
    assert place == f"  {tmp_path / 'mixed_api.py'}, line 8: class Photo(BaseModel):"
    assert advice == (
        "  A model holds what Pydantic knows: write a BaseModel in a Struct's place, and str in "
        "BigInt's."
    )
