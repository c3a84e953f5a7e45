"""HTML of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.html import HTML_MAX_CHARS, read_html
from threadline_email.quotations import QUOTE_MARK


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="/api/v1/tickets">x</a>',
        "<iframe src=https://evil.example></iframe>",
        "<form action=https://evil.example><input></form>",
        "<meta http-equiv=refresh content=0>",
        "<base href=https://evil.example>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<style>body{background:url(https://evil.example)}</style>",
        '<p style="background-color:url(https://evil.example)">x</p>',
        '<p style="background:u\\72l(https://evil.example)">x</p>',
        '<p style="position:fixed;top:0">x</p>',
        "<svg><script>alert(1)</script></svg>",
        "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
        "<object data=https://evil.example></object>",
        '<img srcset="https://evil.example/x 2x" alt=x>',
        '<table background="https://evil.example/x"><tr><td>x</table>',
        '<video poster="https://evil.example/x"></video>',
    ],
)
def test_nothing_runs_and_nothing_loads(html: str) -> None:
    clean = read_html(html).clean.lower()
    for sign in ("script", "evil.example", "onerror", "/api/", "data:", "<form", "<svg", "fixed"):
        assert sign not in clean


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ('<img src="https://a.example/x.png">', '<img data-remote-src="https://a.example/x.png">'),
        ('<img src="//a.example/x.png">', "<img>"),
        ('<img src=" HTTP://a.example">', '<img data-remote-src="HTTP://a.example">'),
        ('<img alt="a>b" src="http://a.example">', '<img alt="a&gt;b" data-remote-src="http://a.example">'),
        ('<img src="cid:pic@1">', '<img src="cid:pic@1">'),
        ('<img src="data:image/png;base64,AAAA">', '<img src="data:image/png;base64,AAAA">'),
        ('<img src="data:image/svg+xml;base64,AAAA">', "<img>"),
        ("<p>src=&quot;remote:</p>", '<p>src="remote:</p>'),
    ],
)
def test_a_remote_image_waits_and_a_sent_one_shows(html: str, clean: str) -> None:
    assert read_html(html).clean == clean


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>three", "one\ntwo\nthree"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("so<b>me</b>  white\n space", "some white space"),
        ("<pre>keep\n  this</pre>", "keep\n  this"),
        ("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\n\n> b\n>\n> > c\n>\n> d\n\ne"),
        ("&lt;b&gt; &amp; &euro;", "<b> & €"),
        ("<title>no</title><style>no</style>yes", "yes"),
        ('<div style="display:none">preview<div>no</div></div>yes', "yes"),
        ('<a href="https://x.example">link</a>', "link"),
        ("1 < 2", "1 < 2"),
        ("", ""),
    ],
)
def test_text_reads_as_a_browser_shows_it(html: str, text: str) -> None:
    assert read_html(html).text == text


@pytest.mark.parametrize(
    "sign", ['class="gmail_quote"', "id=divRplyFwdMsg", "class='x gmail_quote y'", 'id="x_divRplyFwdMsg"']
)
def test_a_quoted_mail_in_its_own_element_is_marked_in_the_text_alone(sign: str) -> None:
    read = read_html(f"<p>Hi</p><div {sign}>quoted</div>")
    assert read.text.splitlines()[-1] == f"{QUOTE_MARK}quoted"
    assert QUOTE_MARK not in read.clean


def test_a_mark_of_the_senders_own_is_removed() -> None:
    assert QUOTE_MARK not in read_html(f"a{QUOTE_MARK}b").text


def test_bottomless_nesting_is_shown_as_text_only() -> None:
    read = read_html("<div>" * 20_000 + "deep")
    assert (read.clean, read.text) == ("", "deep")


def test_endless_html_is_cut() -> None:
    assert len(read_html("x" * (HTML_MAX_CHARS + 10)).text) == HTML_MAX_CHARS


tags = st.sampled_from(
    [
        '<img src="http://x">',
        "<p>",
        "</p>",
        "<blockquote>",
        "</blockquote>",
        "<pre>",
        '<a href="',
        '">',
        "<!--",
        "&#",
        "<",
        ">",
    ]
)


@given(st.lists(tags | st.text(max_size=5), max_size=30))
def test_every_heap_of_tags_is_harmless(pieces: list[str]) -> None:
    read = read_html("".join(pieces))
    assert ' src="http' not in read.clean
    assert "<!--" not in read.clean
