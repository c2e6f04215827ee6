"""Nobody but this app's own pages on this machine: hosts, origins, tokens, paths, markup, sizes, logs."""

from __future__ import annotations

import html
import logging
import re
from pathlib import Path

import pytest

from remit.surfaces.web.app import HERE
from remit.surfaces.web.security import FORM_LIMIT, UPLOAD_LIMIT, policy
from web.visitor import Visitor

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
PATHS = (
    "",
    "/history",
    "/scores",
    "/about",
    "/checks",
    "/standing",
    "/what-if",
    "/options",
    "/report",
    "/course",
    "/delete",
)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1"])
def test_a_foreign_name_for_this_machine_is_refused(visitor: Visitor, host: str) -> None:
    home = visitor.person()
    for path in ("/", home, "/help", "/static/remit.css"):
        assert visitor.client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8600", "localhost:8600", "[::1]:8600"])
def test_this_machine_is_let_in(visitor: Visitor, host: str) -> None:
    assert visitor.client.get("/help", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8600", "http://127.0.0.1:9999"])
def test_a_form_of_another_page_is_refused(visitor: Visitor, origin: str) -> None:
    fields = {"token": visitor.token(), "label": "x"}
    assert visitor.client.post("/people", data=fields, headers={"Origin": origin}).status_code == 403
    assert visitor.client.post("/people", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.client.get("/export.json").json() == []
    assert visitor.client.post("/people", data=fields, headers={"Origin": "http://127.0.0.1:8600"}).status_code == 200


def test_no_form_changes_anything_without_its_token(visitor: Visitor) -> None:
    home = visitor.person()
    routes = [r for r in visitor.app.routes if "POST" in (getattr(r, "methods", None) or ())]
    assert len(routes) > 20
    before = visitor.client.get("/export.json").content
    for route in routes:
        path = (
            route.path.replace("{person_id}", home.rsplit("/", 1)[1])  # type: ignore[attr-defined]
            .replace("{key}", "t1").replace("{instrument_id}", "phq9")
        )  # fmt: skip
        for token in ({}, {"token": ""}, {"token": "0" * 64}, {"token": "é"}):
            fields = {"label": "x", "sure": "yes", "mode": "clinician", **token}
            assert visitor.client.post(path, data=fields).status_code == 403, path
    assert visitor.client.get("/export.json").content == before


def test_a_token_of_another_session_does_not_count(visitor: Visitor, knowledge: object) -> None:
    other = Visitor(visitor.store, knowledge)  # type: ignore[arg-type]
    assert visitor.client.post("/people", data={"token": other.token(), "label": "x"}).status_code == 403


def test_cookies_are_for_this_site_alone(visitor: Visitor) -> None:
    answer = visitor.client.get("/", headers={"Cookie": "remit_session=short"})
    cookie = answer.headers["set-cookie"].lower()
    assert "samesite=strict" in cookie
    assert "httponly" in cookie
    assert "domain" not in cookie


def test_every_answer_carries_the_policy(visitor: Visitor) -> None:
    home = visitor.person()
    for path in ("/", home, "/nope", "/static/remit.css", "/static/nope", f"{home}/report/visit.html", "/p/zz"):
        headers = visitor.client.get(path).headers
        rules = headers["content-security-policy"]
        assert "default-src 'none'" in rules
        assert "unsafe" not in rules
        assert "http" not in rules
        assert "frame-ancestors 'none'" in rules
        assert headers["x-content-type-options"] == "nosniff"
        if not path.startswith("/static"):
            assert headers["cache-control"] == "no-store"
    assert "unsafe" not in policy("'sha256-x'")


def test_other_methods_are_refused(visitor: Visitor) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"):
        assert visitor.client.request(method, "/").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd",
        "/p/../../etc/passwd/history", "/p/..%2f..%2fdata/history", "/static/remit.css%00.png",
    ],
)  # fmt: skip
def test_no_path_leads_out(visitor: Visitor, path: str) -> None:
    answer = visitor.client.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text.lower().replace("important", "")


def test_a_name_of_an_upload_is_no_path(visitor: Visitor, folder: Path) -> None:
    before = sorted(p.name for p in folder.parent.iterdir())
    content = b'{"person": {"id": "x"}, "index_date": "2026-01-01", "treatments": []}'
    for name in ("../../evil.json", "/tmp/evil.json", "..\\evil.json", "a\0b.json", ".", "x" * 300 + ".json"):
        visitor.send("/import", files={"files": (name, content)})
    assert sorted(p.name for p in folder.parent.iterdir()) == before
    assert not Path("/tmp/evil.json").exists()


def test_what_is_typed_is_never_markup(visitor: Visitor) -> None:
    visitor.send("/people", at="/", label=MARKUP)
    home = visitor.path.rsplit("/", 1)[0]
    names = ("treatment", "start", "end", "step_dose_1", "step_start_1", "adherence", "sessions", "outcome", "augments")
    visitor.treatment(home, MARKUP, still="no", **dict.fromkeys(names[1:], MARKUP))
    visitor.treatment(home, "Zoloft", still="no", **dict.fromkeys(names[1:], MARKUP))
    about = ("episode_start", "country", "birth_date", "weight_kg", "index_date", "severity", "sex", "psychotic")
    visitor.send(f"{home}/about", **dict.fromkeys(about, MARKUP))
    visitor.send(f"{home}/about/conditions", at=f"{home}/about", condition=MARKUP, condition_start=MARKUP)
    visitor.send(f"{home}/scores/total", at=f"{home}/scores", code=MARKUP, value=MARKUP, date=MARKUP)
    visitor.send(f"{home}/scores/phq9", date=MARKUP, q1=MARKUP)
    pages = [visitor.client.get(f"{home}{path}") for path in (*PATHS, "/history/t1", "/history/t2")]
    pages += [visitor.client.get(f"{home}/report/visit.html"), visitor.client.get("/"), visitor.client.get("/settings")]
    seen = 0
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&amp;49" not in page.text  # a template in a field is not carried out
        seen += "alert(1)" in html.unescape(page.text)
    assert seen > 10  # it is shown, as words


def test_what_is_in_a_file_is_never_markup(visitor: Visitor) -> None:
    bad = b'{"treatments": [{"treatment": "<script>alert(1)</script>"}], "<script>alert(2)</script>": 1}'
    answer = visitor.client.post("/import", data={"token": visitor.token()}, files={"files": ("<b>.json", bad)})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_forms_and_files_have_a_limit(visitor: Visitor) -> None:
    fields = {"token": visitor.token(), "label": "x" * (FORM_LIMIT + 1)}
    assert visitor.client.post("/people", data=fields).status_code == 413
    big = b"x" * (UPLOAD_LIMIT + 1)
    assert visitor.client.post("/import", files={"files": ("a.csv", big)}).status_code == 413


def test_a_body_without_a_length_has_the_same_limit(visitor: Visitor) -> None:
    def parts() -> object:
        yield b"label="
        for _ in range(FORM_LIMIT // 1000 + 10):
            yield b"x" * 1000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = visitor.client.post("/people", content=parts(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code in (400, 413)


def test_too_many_fields_are_refused(visitor: Visitor) -> None:
    fields = {f"f{n}": "x" for n in range(3000)} | {"token": visitor.token()}
    assert (
        visitor.client.post("/people", files={name: (None, value) for name, value in fields.items()}).status_code == 400
    )


def test_a_fault_of_ours_says_nothing_of_what_was_typed(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = visitor.person("Unmistakable Name")

    def broken(*_: object) -> None:
        raise RuntimeError("Unmistakable Name took 100 mg")

    monkeypatch.setattr("remit.surfaces.web.workbench.Assessed", broken)
    visitor.app.state.services.bench._kept.clear()  # the page before has made one
    with caplog.at_level(logging.DEBUG):
        answer = visitor.client.get(f"{home}/standing")
    assert answer.status_code == 500
    assert "Unmistakable" not in answer.text
    assert "Unmistakable" not in caplog.text
    assert "RuntimeError at test_security.py" in caplog.text


def test_nothing_is_logged_of_a_walk(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="remit"):
        home = visitor.person("Unmistakable Name")
        visitor.treatment(home, "Unmistakable drug", start="Unmistakable day")
    assert "Unmistakable" not in "".join(
        r.getMessage() for r in caplog.records if r.name.startswith(("remit", "uvicorn"))
    )


SPARED = ("/delete", "/passphrase", "/lock", "/unlock", "/undo", "/redo", "/remove", "/mode", "/settings")
"""Forms that would end the visit, or have no text; the passphrase is never shown again."""


@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_no_field_of_any_form_lets_markup_through(visitor: Visitor, mode: str) -> None:
    """Markup in every field of every form on every page, one form after the other; then every page is read."""
    visitor.send("/settings", mode=mode)
    home = visitor.person()
    visitor.treatment(home, "Zoloft", start="2020", still="no", end="2021")
    visitor.send(f"{home}/scores/phq9", date="2026-11-20", q1="1")
    paths = [*(f"{home}{path}" for path in (*PATHS, "/history/t1", "/scores/phq9", "/options/ect")), "/", "/help"]
    sent = set()
    for path in paths:
        for form in visitor.get(path).forms:
            if form["action"].endswith(SPARED) or not form["fields"]:
                continue
            names = [name for name in form["fields"] if name != "token"]
            given = dict.fromkeys(names, MARKUP) | {"token": form["fields"].get("token", "")}
            call = visitor.client.post if form["method"] == "post" else visitor.client.get
            answer = call(form["action"], **{"data" if form["method"] == "post" else "params": given})  # type: ignore[operator]
            assert answer.status_code in (200, 400, 404), form["action"]
            assert_no_markup(answer.text)
            sent |= {(form["action"].replace(home, ""), name) for name in names}
    assert len(sent) > 30
    for path in (*paths, f"{home}/report/options.html", f"{home}?did={MARKUP}", f"{home}/what-if?entry={MARKUP}"):
        assert_no_markup(visitor.client.get(path).text)


def assert_no_markup(text: str) -> None:
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert not re.search(r'="[^"]*"\'&\{\{', text)  # out of its quotes


@pytest.mark.parametrize("name", [p.name for p in sorted((HERE / "templates").iterdir())])
def test_templates_hold_no_words(name: str) -> None:
    """Everything that is read stands in `text/<language>`; a translation is a folder."""
    source = re.sub(
        r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", (HERE / "templates" / name).read_text(encoding="utf-8"), flags=re.DOTALL
    )
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', source)
    spoken += re.sub(r'<[^>]*>| aria-\w+="[^"]*"', "", source).split()
    assert [word for word in spoken if re.search(r"[A-Za-z]", word)] == []
