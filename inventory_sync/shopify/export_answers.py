"""The shapes of what Shopify answers about an export, and of the lines of its file.

Put their models here, strict as those of ``answers.py``. Keep their meaning out: that is
``exports.py``.
"""

from typing import Annotated

from pydantic import Field

from inventory_sync.shopify.answers import Gid, LocationState, Shape, UserError

CountText = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
"""Shopify tells large counts as text."""


class _Count(Shape):
    count: int = Field(ge=0)


class StoreSizeAnswer(Shape):
    """What ``STORE_SIZE`` asks for."""

    product_variants_count: _Count
    nodes: list[LocationState | None]


class _Begun(Shape):
    id: Gid
    status: str


class _BeginPayload(Shape):
    bulk_operation: _Begun | None
    user_errors: list[UserError]


class BeginExportAnswer(Shape):
    """What ``BEGIN_EXPORT`` asks for."""

    bulk_operation_run_query: _BeginPayload


class ExportState(Shape):
    """How far an export is. ``url`` is where its file is, if it has a line at all."""

    id: Gid
    status: str
    error_code: str | None
    root_object_count: CountText
    url: str | None


class ExportStateAnswer(Shape):
    """What ``EXPORT_STATE`` asks for."""

    bulk_operation: ExportState | None
