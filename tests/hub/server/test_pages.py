"""The hub's pages in a real browser: what they show, and that nothing of a repository runs in them."""

from __future__ import annotations

import base64
import http.client
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from huggingface_hub import HfApi

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TINY = Path(__file__).parents[3] / "src/leanformers/assets/tiny-sentiment"
# A black pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
CARD = """---
license: apache-2.0
pipeline_tag: text-classification
tags: [sentiment, "<i>odd</i>"]
---
# A model of *moods*

| label | meaning |
|---|---|
| 1 | good |

![a pixel](pictures/pixel.png) and [its config](config.json)

<script>document.title = "script"; fetch("/api/models")</script>
<img src="nowhere" onerror="document.title = 'handler'">
<a href="javascript:document.title = 'link'" id="trap">click</a>
<iframe src="/models"></iframe><form action="/x"><input></form>
<style>body { display: none }</style>
<svg onload="document.title='svg'"><script>document.title='svg'</script></svg>
"""


@pytest.fixture(scope="module")
def shown(server: Any) -> str:
    """A model with a card that tries what it can."""
    api: HfApi = server.api()
    repo: str = api.create_repo("local/moods").repo_id
    files: dict[str, bytes] = {
        "README.md": CARD.encode(),
        "config.json": b'{"model_type": "bert", "note": "<script>1</script>"}',
        "pictures/pixel.png": PIXEL,
        "pictures/vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "model.safetensors": os.urandom(4096),
        "page.html": b"<script>document.title = 'html'</script>",
    }
    for path, data in files.items():
        api.upload_file(path_or_fileobj=data, path_in_repo=path, repo_id=repo, commit_message=f"Add <b>{path}</b>")
    api.create_repo("local/secret", private=True)
    api.create_discussion(repo, title="A <b>question</b>", description="<script>document.title = 'said'</script>")
    return repo


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a window, kept from the network beyond this machine."""
    if BROWSER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium, which CI installs")
        pytest.skip("there is no Chromium here (on Debian: apt install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    quiet = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--disable-gpu"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page whose messages, errors and requests are kept."""
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def get(url: str, path: str, **headers: str) -> tuple[int, Any, str]:
    """Status, headers and text of a page, without following where it leads."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.headers, text


def test_a_person_finds_a_model_reads_its_card_and_opens_a_file(server: Any, shown: str, page: Any) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="local/moods").click()
    page.get_by_role("heading", name="A model of moods").wait_for()
    page.get_by_role("cell", name="good").wait_for()
    assert page.locator("aside").inner_text().count("apache-2.0") == 1
    picture = page.get_by_alt_text("a pixel")
    page.wait_for_load_state()  # with its pictures
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 1
    page.get_by_role("link", name="its config").click()
    assert '"model_type": "bert"' in page.locator("pre.text").inner_text()
    page.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="pictures/").click()
    page.get_by_role("link", name="pixel.png").click()
    page.locator("main img").wait_for()
    page.wait_for_load_state()
    assert page.locator("main img").evaluate("image => image.complete && image.naturalWidth") == 1
    page.get_by_role("link", name="Commits").click()
    page.get_by_text("Add <b>config.json</b>").wait_for()
    page.get_by_role("link", name="Pull requests").click()
    page.get_by_role("link", name="A <b>question</b>").click()
    page.get_by_text("<script>document.title = 'said'</script>").wait_for()


def test_nothing_in_a_card_runs(server: Any, shown: str, page: Any) -> None:
    page.goto(f"{server.url}/{shown}", wait_until="networkidle")
    page.get_by_text("click", exact=True).click()
    assert page.title() == "local/moods"
    html = page.content()
    for forbidden in ("<script", "onerror", "javascript:", "<iframe", "<svg", "onload"):
        assert forbidden not in html, forbidden
    assert page.locator("article style, article form, article input").count() == 0
    assert page.get_by_role("heading", name="A model of moods").is_visible()
    assert all(url.startswith(server.url + "/") for url in page.asked)
    assert not any("/api/" in url for url in page.asked)


@pytest.mark.parametrize("name", ["page.html", "pictures/vector.svg"])
def test_a_file_that_is_opened_by_itself_does_not_run(server: Any, shown: str, page: Any, name: str) -> None:
    _, headers, _ = get(server.url, f"/{shown}/resolve/main/{name}")
    assert headers["Content-Type"].startswith("text/plain")
    page.goto(f"{server.url}/{shown}/resolve/main/{name}")
    assert page.title() != "html"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_pages_allow_no_scripts_at_all(server: Any, shown: str) -> None:
    for path in ("/", "/models", f"/{shown}", f"/{shown}/tree/main", f"/{shown}/blob/main/page.html", "/no/such"):
        _, headers, text = get(server.url, path)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'"), path
        assert "<script" not in text, path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/no/such-model", 404),
        ("/{repo}/tree/no-branch", 404),
        ("/{repo}/blob/main/no-file", 404),
        ("/{repo}/blob/main/../../etc/passwd", 404),
        ("/{repo}/discussions/99", 404),
        ("/models?p=x", 400),
    ],
)
def test_what_is_not_there_is_said_on_a_page(server: Any, shown: str, path: str, status: int) -> None:
    found, headers, text = get(server.url, path.format(repo=shown))
    assert (found, headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert f"<h1>{status}</h1>" in text


def test_a_client_that_asks_for_what_is_not_there_gets_no_page(server: Any) -> None:
    status, headers, _ = get(server.url, "/api/no-such-call")
    assert (status, headers["Content-Type"]) == (404, "application/json")


def test_private_repositories_are_shown_to_those_who_sign_in(server: Any, shown: str) -> None:
    assert "local/secret" not in get(server.url, "/models")[2]
    assert get(server.url, "/local/secret")[0] == 404
    assert get(server.url, "/-/sign-in")[1]["WWW-Authenticate"].startswith("Basic ")
    signed_in = {"Authorization": "Basic " + base64.b64encode(b"me:hf_anything").decode()}
    assert "local/secret" in get(server.url, "/models", **signed_in)[2]
    assert get(server.url, "/local/secret", **signed_in)[0] == 200


def test_what_a_browser_remembers_changes_nothing(server: Any) -> None:
    """A page elsewhere can make a browser send its password here, but only where a request reads."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    signed_in = {"Authorization": "Basic " + base64.b64encode(b"me:hf_anything").decode()}
    connection.request("POST", "/api/repos/create", b'{"name": "sneaked"}', signed_in)
    assert connection.getresponse().status == 401
    connection.close()


def test_long_lists_have_pages(server: Any, shown: str) -> None:
    api: HfApi = server.api()
    for number in range(101):
        api.create_repo(f"local/many-{number:03d}", repo_type="dataset")
    _, _, first = get(server.url, "/datasets?search=many")
    assert first.count("/datasets/local/many-") == 100
    assert 'href="?search=many&amp;p=1"' in first
    _, _, second = get(server.url, "/datasets?search=many&p=1")
    assert second.count("/datasets/local/many-") == 1


@pytest.mark.skipif("LEANFORMERS_SCREENSHOTS" not in os.environ, reason="writes the pictures of docs/")
def test_screenshots(start: Callable[..., Any], page: Any) -> None:
    server = start()
    api: HfApi = server.api()
    for name in ("team/tiny-sentiment", "team/tiny-sentiment-german", "alice/first-try"):
        api.create_repo(name)
        api.upload_folder(repo_id=name, folder_path=TINY, commit_message="Upload BertForSequenceClassification")
    folder = Path(os.environ["LEANFORMERS_SCREENSHOTS"])
    pages = {"hub_card": "team/tiny-sentiment", "hub_files": "team/tiny-sentiment/tree/main"}
    for name, path in pages.items():
        page.goto(f"{server.url}/{path}")
        page.screenshot(path=folder / f"{name}.png", animations="disabled")
