"""The shop's database, and a session for each request."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, HTTPException
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, create_engine

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


def get_session() -> Iterator[Session]:
    """One session, one transaction for a request; what was refused is not stored."""
    with Session(engine, autoflush=False) as session:
        yield session
        try:
            session.commit()
        except IntegrityError:
            raise HTTPException(409, "This is on record already.") from None
        except SQLAlchemyError:
            raise HTTPException(503, "The database does not answer.") from None


Db = Annotated[Session, Depends(get_session)]
