"""What a first visit costs in bytes, over a slow line."""

import gzip
import re
from urllib.parse import urljoin

from kintsugi_factories import KATA
from starlette.testclient import TestClient

FIRST_VISIT = 150_000  # bytes; gzip's are more than brotli's, so this is the harder bound
ADDRESS = re.compile(r"""(?:href|src)="(/static/[^"]+)"|url\("?([^")]+\.woff2)"?\)""")
PACKED = ".woff2"  # it is compressed already


def fetched(client: TestClient, page: str) -> dict[str, int]:
    """Everything that a browser gets for a page before its scripts ask for more."""
    waiting, sizes = [page], dict[str, int]()
    while waiting:
        address = waiting.pop()
        if address in sizes:
            continue
        content = client.get(address).raise_for_status().content
        sizes[address] = len(content) if address.endswith(PACKED) else len(gzip.compress(content))
        if address == page or ".css" in address:
            found = ADDRESS.findall(content.decode())
            waiting += [urljoin(address, named or styled) for named, styled in found]
    return sizes


def test_a_first_visit_is_light_and_comes_without_the_editor(client: TestClient) -> None:
    sizes = fetched(client, "/")
    assert any(".css" in address for address in sizes)
    assert any(address.endswith(PACKED) for address in sizes)
    assert any("app-" in address and ".js" in address for address in sizes)
    assert sum(sizes.values()) < FIRST_VISIT, sizes
    assert not any("editor" in address for address in sizes)


def test_the_page_of_a_kata_is_readable_before_its_editor_has_come(client: TestClient) -> None:
    sizes = fetched(client, f"/katas/{KATA}")
    assert sum(sizes.values()) < FIRST_VISIT, sizes
    assert not any("editor" in address for address in sizes)
