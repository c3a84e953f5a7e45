import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_console.pages.mailhtml import data_url, frame_document


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<img src='https://evil.example/pixel.png'>",
        "<img srcset='https://evil.example/pixel.png 2x'>",
        "<p style='background:url(https://evil.example/x)'>",
        "<p style='color:\\75rl(https://evil.example/x)'>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<iframe src=https://evil.example></iframe>",
        "<form action=https://evil.example><input></form>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<svg><use href='https://evil.example/x#y'/></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<base href='https://evil.example/'>",
        "<object data=https://evil.example></object>",
        "<video poster=https://evil.example/x></video>",
    ],
)
def test_nothing_of_a_strangers_html_runs_or_loads(html: str) -> None:
    document = frame_document(html, {})

    assert "evil.example" not in document
    assert "alert" not in document


def test_a_link_opens_a_tab_that_does_not_know_us() -> None:
    document = frame_document("<a href='https://example.org/'>there</a>", {})

    assert 'target="_blank"' in document
    assert 'rel="noopener noreferrer nofollow"' in document


def test_an_image_of_the_mail_itself_is_shown() -> None:
    document = frame_document("<img src='cid:logo'>", {"logo": data_url("image/png", b"\x89PNG")})

    assert '<img src="data:image/png;base64,iVBORw=="' in document


@given(st.text())
def test_whatever_is_sent_stays_inside_the_body(html: str) -> None:
    document = frame_document(html, {})

    assert document.count("<body>") == document.count("</body>") == 1


def test_who_reads_is_told_that_images_are_missing() -> None:
    assert "not loaded" in frame_document("<img data-remote-src='https://example.org/x.png'>", {})
    assert "not loaded" not in frame_document("<p>Hello</p>", {})


@pytest.mark.parametrize("target", ["data:text/html,x", " DATA:text/html,x", "cid:a", "javascript:x"])
def test_a_link_leads_to_a_page_or_nowhere(target: str) -> None:
    assert "href" not in frame_document(f'<a href="{target}">x</a>', {})
