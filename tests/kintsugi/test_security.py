"""What stands around every request."""

import re
from collections.abc import Iterator
from itertools import islice

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, KATA
from starlette.testclient import TestClient

from kintsugi.app import create_app
from kintsugi.catalogue.service import Shelf
from kintsugi.settings import Settings

ADDRESSES = ["/", "/katas", f"/katas/{KATA}", "/nowhere", "/healthz", f"{API}/katas", f"{API}/x"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_the_headers(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"])
    policy = headers["content-security-policy"]
    for rule in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"):
        assert rule in policy
    assert "unsafe" not in policy


def test_the_nonce_is_another_every_time_and_the_page_has_it(client: TestClient) -> None:
    first, second = client.get("/"), client.get("/")
    nonces = [
        re.findall(r"'nonce-([^']+)'", reply.headers["content-security-policy"])[0]
        for reply in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in first.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ],
)
@pytest.mark.parametrize("address", ["/attempts/x/reset", f"{API}/guests"])
def test_another_site_cannot_act_for_a_visitor(
    client: TestClient, address: str, headers: dict[str, str]
) -> None:
    assert client.post(address, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
    ],
)
def test_our_own_pages_and_programs_can(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post(f"{API}/guests", headers=headers).status_code == 201


def test_reading_is_free_to_all(client: TestClient) -> None:
    assert client.get("/katas", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_body_that_does_not_say_its_length_is_cut_off(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * (1 << 16)

    reply = client.post(f"{API}/attempts", content=islice(endless(), 100))
    assert reply.status_code == 413
    assert reply.headers["content-type"] == "application/problem+json"


class TestProduction:
    @pytest.fixture
    def app(self, settings: Settings, shelf: Shelf) -> FastAPI:
        return create_app(
            settings.model_copy(
                update={"environment": "production", "public_url": "https://katas.example"}
            ),
            shelf,
        )

    def test_only_the_known_host_is_served(self, client: TestClient) -> None:
        assert client.get("/healthz", headers={"Host": "katas.example"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "elsewhere.example"}).status_code == 400

    def test_browsers_are_told_to_stay_with_https(self, client: TestClient) -> None:
        reply = client.get("/katas", headers={"Host": "katas.example"})
        assert reply.headers["strict-transport-security"].startswith("max-age=")
        assert "; Secure" in reply.headers["set-cookie"]


def test_too_many_submissions_in_a_minute_are_put_off(settings: Settings, shelf: Shelf) -> None:
    settings = settings.model_copy(update={"submissions_per_minute": 2})
    with TestClient(create_app(settings, shelf)) as client:
        token = client.post(f"{API}/guests").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        attempt = client.post(f"{API}/attempts", json={"kata": KATA}).json()
        replies = [
            client.post(
                f"{API}/attempts/{attempt['id']}/submissions", json={"files": attempt["files"]}
            )
            for _ in range(3)
        ]
    assert [reply.status_code for reply in replies] == [202, 202, 429]
    assert replies[-1].headers["retry-after"] == "60"
