import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_console.pages.mailhtml import FRAME_POLICY_IMAGES, data_url, frame_document


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

    assert document.count("<body dir=auto>") == document.count("</body>") == 1


@pytest.mark.parametrize(
    "html", ['<img data-remote-src="https://x.example/a.png">', "<img src=https://x.example/a.png>"]
)
def test_an_image_from_elsewhere_is_loaded_only_when_somebody_asks(html: str) -> None:
    assert "x.example" not in frame_document(html, {}).split("<body dir=auto>")[1]
    assert '<img src="https://x.example/a.png">' in frame_document(html, {}, remote=True)


def test_who_asks_for_images_gets_nothing_else_from_elsewhere() -> None:
    html = "<link rel=stylesheet href=https://x.example/x.css><p style='background:url(https://x.example/y)'>x</p>"

    assert "x.example" not in frame_document(html, {}, remote=True)
    assert "img-src data: https: http:;" in FRAME_POLICY_IMAGES
    assert "default-src 'none'" in FRAME_POLICY_IMAGES


def test_no_colour_of_a_stranger_makes_text_unreadable() -> None:
    html = '<p style="color:#eee">a</p><p bgcolor="black">b</p><p style="color:#fff;background-color:#036">c</p>'

    body = frame_document(html, {}).split("<body dir=auto>")[1]
    assert body.count("color") == body.count("#036") + body.count("#fff") == 2  # one pair


@pytest.mark.parametrize("target", ["data:text/html,x", " DATA:text/html,x", "cid:a", "javascript:x"])
def test_a_link_leads_to_a_page_or_nowhere(target: str) -> None:
    assert "href" not in frame_document(f'<a href="{target}">x</a>', {})
