"""HTML of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.html import HTML_MAX_CHARS, read_html
from threadline_email.quotations import QUOTE_MARK, SIGNATURE_MARK


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
    "sign",
    [
        'class="gmail_quote"',
        "id=divRplyFwdMsg",
        "class='x gmail_quote y'",
        'id="x_divRplyFwdMsg"',
        'style="clear:both" class="ecxgmail_quote"',
        'name="quote" style="margin:10px"',
        "id='ydp123yahoo_quoted_9' class='yahoo_quoted'",
        "style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'",
        'style="border: none; border-top: 1pt solid rgb(225, 225, 225); padding: 3pt 0in 0in"',
    ],
)
def test_a_quoted_mail_in_its_own_element_is_marked_in_the_text_alone(sign: str) -> None:
    read = read_html(f"<p>Hi</p><div {sign}>quoted</div>")
    assert read.text.splitlines()[-1] == f"{QUOTE_MARK}quoted"
    assert QUOTE_MARK not in read.clean


@pytest.mark.parametrize("sign", ['class="gmail_signature" dir="auto"', "id=Signature", 'class="moz-signature"'])
def test_a_signature_in_its_own_element_is_marked_in_the_text_alone(sign: str) -> None:
    read = read_html(f"<p>Hi</p><div {sign}>Ada</div>")
    assert read.text.splitlines()[-1] == f"{SIGNATURE_MARK}Ada"
    assert QUOTE_MARK not in read.clean


@pytest.mark.parametrize(
    "sign", ['class="quote-of-the-day"', 'class="signature"', 'title="gmail_quote"', 'id="quotes"']
)
def test_an_element_of_the_senders_own_is_not_marked(sign: str) -> None:
    assert QUOTE_MARK not in read_html(f"<p>Hi</p><div {sign}>mine</div>").text


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:#ffffff", ""),
        ("background-color:#ffffff", ""),
        ("color:#fff;background:#036", "color:#fff;background-color:#036"),
        ("color:white;background-color:#eee", ""),
        ("color:var(--x);background-color:#eee", ""),
        (
            "color:rgb(0, 0, 0);background-color:yellow;font-weight:bold",
            "font-weight:bold;color:rgb(0, 0, 0);background",
        ),
        ("margin-left:-9999px;text-align:right", "text-align:right"),
        ("visibility:hidden", "display:none"),
        ("font-size:0", ""),
        ("font-size:0.0em;text-align:right", "text-align:right"),
        ("font-size:1px;font-weight:bold", "font-weight:bold"),
        ("line-height:0;width:0", ""),
        ("font-size: 0 !important", ""),
        ("margin-left:9999px", ""),
        ("text-indent:9999px", ""),
        ("padding-left:100%", ""),
        ("margin-left:1e4px", ""),
        ("text-indent:calc(100vw)", ""),
        ("font-size:90%;line-height:1.2;width:100%", "font-size:90%;line-height:1.2;width:100%"),
        ("font-size:10pt;margin-left:40px;padding:0", "font-size:10pt;margin-left:40px;padding:0"),
    ],
)
def test_a_colour_stays_only_where_it_can_be_read_on_light_and_on_dark(style: str, kept: str) -> None:
    clean = read_html(f'<p style="{style}">x</p>').clean
    assert clean.startswith(f'<p style="{kept}' if kept else "<p>")


def test_a_colour_that_has_no_partner_in_the_old_attributes_goes() -> None:
    clean = read_html('<table bgcolor="#003366"><tr><td><font color="white" size="2">x</font></td></tr></table>').clean
    assert "color" not in clean
    assert 'size="2"' in clean


def test_a_mail_from_right_to_left_stays_so() -> None:
    assert 'dir="rtl"' in read_html('<div dir="rtl"><p>שלום</p></div>').clean


def test_a_mark_of_the_senders_own_is_removed() -> None:
    for written in (
        QUOTE_MARK,
        "&#2;",
        "&#x2;",
        "&#X02 ",
        "&#0002",
        "&#&#2;2;",
        f"&#{QUOTE_MARK}2;",
        "&#\N{DIGIT TWO};",
    ):
        assert QUOTE_MARK not in read_html(f"a{written} b").text


def test_a_number_that_begins_like_the_mark_stays() -> None:
    assert read_html("&#233;&#x2F;&#20;x").text == "é/\x14x"


def test_a_text_that_looks_like_a_source_stays() -> None:
    html = '<p>a src="remote:b</p><img alt="c" src="https://example.org/d.png">'
    clean = read_html(html).clean
    assert '<p>a src="remote:b</p>' in clean
    assert ' data-remote-src="https://example.org/d.png"' in clean


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
