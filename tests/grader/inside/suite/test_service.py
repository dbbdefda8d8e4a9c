"""What a suite's author holds of the service."""

from typing import cast

from grader.inside.suite.control import Control
from grader.inside.suite.host import Host
from grader.inside.suite.service import Service
from grader.inside.suite.volley import Sender


def test_a_suite_reads_the_variables_of_the_service_and_cannot_change_them() -> None:
    host = Host(cast(Control, None), cast(Sender, None), {"JWT_SECRET": "s"}, 1.0)
    app = Service(host)
    app.environment["JWT_SECRET"] = "another"
    assert app.environment == {"JWT_SECRET": "s"}
