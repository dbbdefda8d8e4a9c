"""What routes are given of the catalogue."""

from typing import Annotated

from fastapi import Depends, Request

from kintsugi.catalogue.service import Shelf


def get_shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


ShelfDep = Annotated[Shelf, Depends(get_shelf)]
