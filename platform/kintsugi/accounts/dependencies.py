"""What the routes of this room are given."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from kintsugi.accounts.belongings import Belongings
from kintsugi.accounts.changing import Changes
from kintsugi.accounts.entering import Entrance, Source
from kintsugi.accounts.identity import BrowserVisitor, Caller
from kintsugi.accounts.resetting import Resets
from kintsugi.accounts.sessions import rough_agent
from kintsugi.database import Database, get_database
from kintsugi.limits import network_of
from kintsugi.mail import Mailer
from kintsugi.settings import Settings


def _source(request: Request) -> Source:
    address = request.client.host if request.client else ""
    return Source(network_of(address), rough_agent(request.headers.get("user-agent", "")))


def _rooms(request: Request) -> Sequence[Belongings]:
    rooms: Sequence[Belongings] = request.app.state.belongings
    return rooms


def _mailer(request: Request) -> Mailer:
    mailer: Mailer = request.app.state.mailer
    return mailer


DatabaseDep = Annotated[Database, Depends(get_database)]
SourceDep = Annotated[Source, Depends(_source)]
RoomsDep = Annotated[Sequence[Belongings], Depends(_rooms)]
MailerDep = Annotated[Mailer, Depends(_mailer)]


def _entrance(database: DatabaseDep, rooms: RoomsDep) -> Entrance:
    return Entrance(database, rooms)


def _resets(request: Request, database: DatabaseDep, mailer: MailerDep) -> Resets:
    settings: Settings = request.app.state.settings
    return Resets(database, mailer, settings.address)


def _page_changes(database: DatabaseDep, visitor: BrowserVisitor) -> Changes:
    return Changes(database, visitor)


def _api_changes(database: DatabaseDep, visitor: Caller) -> Changes:
    return Changes(database, visitor)


EntranceDep = Annotated[Entrance, Depends(_entrance)]
ResetsDep = Annotated[Resets, Depends(_resets)]
PageChanges = Annotated[Changes, Depends(_page_changes)]
ApiChanges = Annotated[Changes, Depends(_api_changes)]
