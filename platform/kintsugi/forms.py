"""The fields of a page's form."""

from typing import Annotated

from fastapi import Depends, Request

MAX_FIELD = 4096
Faults = dict[str, str]  # field -> what to change


async def _fields(request: Request) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=10, max_part_size=MAX_FIELD) as form:
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(_fields)]
