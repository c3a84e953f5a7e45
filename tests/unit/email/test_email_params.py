"""Parameters of structured header values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.params import VALUE_MAX_BYTES, read_structured


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        (b"text/plain; charset=utf-8", "charset", "utf-8"),
        (b'Text/Plain; CharSet = "UTF-8" ; x=y', "charset", "UTF-8"),
        (b'a; name="semi;colon"', "name", "semi;colon"),
        (b'a; name="quo\\"te"', "name", 'quo"te'),
        (b'a; name="C:\\dir\\file.txt"', "name", "C:\\dir\\file.txt"),
        (b'a; name="unclosed; x=y', "name", "unclosed"),
        (b"a; name=with spaces.txt; x=y", "name", "with spaces.txt"),
        (b"a; name*=utf-8''%e2%82%ac.pdf", "name", "€.pdf"),
        (b"a; name*0=one; name*1=two", "name", "onetwo"),
        (b"a; name*0*=utf-8''%e2%82; name*1*=%ac", "name", "€"),
        (b"a; name*0=one; name*2=three", "name", "one"),
        (b"a; name=plain; name*=utf-8''better", "name", "better"),
        (b"a; name=first; name=second", "name", "first"),
        (b'a; name="=?utf-8?q?=E2=82=AC?="', "name", "€"),
        (b'a; name="R\xe9sum\xe9"', "name", "Résumé"),
        (b"a; name*=nonsense'%zz", "name", "nonsense'%zz"),
        (b"a; name*1=counts; name*2=from-one", "name", "countsfrom-one"),
        (b"a; name*1*=%ac; name*0*=utf-8''%e2%82", "name", "€"),
        (b"a; name=utf-8''%e2%82%ac.pdf", "name", "€.pdf"),
        (b"a; name=\"iso-8859-1'de'%fc.pdf\"", "name", "ü.pdf"),
        (b"a; name=it's 5'6 100%25.txt", "name", "it's 5'6 100%25.txt"),
        (b"attachment name=a.pdf", "name", "a.pdf"),
        (b"a, name=a.pdf", "name", "a.pdf"),
        (b'a; name="a b.pdf" size=5', "name", "a b.pdf"),
        (b'a; name="a b.pdf" size=5', "size", "5"),
        (b"a; name = a.pdf", "name", "a.pdf"),
    ],
)
def test_a_parameter_is_read(raw: bytes, name: str, value: str) -> None:
    assert read_structured(raw).parameters[name] == value


def test_the_value_is_lower_case() -> None:
    assert read_structured(b" Text/HTML ; x").value == "text/html"


@given(st.binary(max_size=200))
def test_every_value_is_read(raw: bytes) -> None:
    read_structured(b"a;" + raw)


def test_no_more_of_a_value_is_remembered_than_is_read() -> None:
    endless = b"text/plain; x=" + b"a" * (2 * VALUE_MAX_BYTES)
    assert read_structured(endless + b"b") is read_structured(endless + b"c")
