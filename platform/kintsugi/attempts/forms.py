"""What a page's forms send."""

from collections.abc import Mapping

from fastapi import Request

MAX_FIELD, MAX_FIELDS = 2 << 20, 120


async def form_fields(request: Request) -> dict[str, str]:
    """The fields that are text. Browsers send line ends as CR LF."""
    async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD) as form:
        return {
            name: value.replace("\r\n", "\n")
            for name, value in form.multi_items()
            if isinstance(value, str)
        }


def files_in(fields: Mapping[str, str]) -> dict[str, str]:
    """The draft: fields `files[<path>]`."""
    return {
        name.removeprefix("files[").removesuffix("]"): value
        for name, value in fields.items()
        if name.startswith("files[") and name.endswith("]")
    }
