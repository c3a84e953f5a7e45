"""The demo: every door once, and the tickets that come out."""

from pathlib import Path

from support.gateway import Gateway


def test_the_demo_ends_by_itself_and_shows_why_each_message_is_where_it_is(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    shown = gateway.command("demo")
    assert (shown.code, shown.err) == (0, "")
    assert "4 inputs, 2 tickets" in shown.out
    assert "Replies to" in shown.out
    assert "form" in shown.out


def test_the_demo_works_beside_a_gateway_and_touches_none_of_its_data(gateway: Gateway) -> None:
    beside = dict.fromkeys(("THREADLINE_DATA_DIR", "THREADLINE_HTTP_PORT", "THREADLINE_SMTP_PORT"), "")
    assert gateway.command("demo", **beside).code == 0
    assert gateway.tickets() == []


def test_up_with_the_demo_goes_on_running(stopped_gateway: Gateway) -> None:
    stopped_gateway.launch("--demo", json=False)
    screen = stopped_gateway.wait_for_screen("Starts a conversation")
    assert "Three things to try next" in screen
    assert len(stopped_gateway.tickets()) == 2
    assert stopped_gateway.stop() == 0
