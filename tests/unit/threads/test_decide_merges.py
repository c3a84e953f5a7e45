"""When a late message makes one conversation of two tickets: the younger is linked to the older, and nothing moves."""

from uuid import UUID

import msgspec

from support.threads import incomings
from support.threads_shelf import Shelf, a_mail, a_token
from threadline_contracts.ticket import TicketMerged, TicketUpdated
from threadline_threads.plan import Plan
from threadline_threads.store.loading import make_plan


def merged(plan: Plan) -> list[TicketMerged]:
    return [happening.data for happening in plan.happenings if isinstance(happening.data, TicketMerged)]


def test_a_message_that_cites_two_tickets_links_the_younger_to_the_older() -> None:
    shelf, one, two, both = Shelf(), a_mail("m1"), a_mail("m2"), a_mail("m3", cites=["m1", "m2"])
    shelf.place([one])
    shelf.place([two])
    plan = shelf.place([both])
    assert shelf.home(both) == shelf.home(two)  # the nearest cited
    assert shelf.root(two) == shelf.root(one) == shelf.home(one)
    (event,) = merged(plan)
    assert (event.link.child, event.link.parent) == (shelf.home(two), shelf.home(one))
    assert event.link.because.endswith(
        "replies to <m1@example.org> in the other ticket, and ana@a.example takes part in it."
    )


def test_a_refused_citation_counts_once_its_sender_is_drawn_in() -> None:
    shelf, first, stranger = Shelf(), a_mail("m1"), a_mail("m2", "bob@b.example", cites=["m1"])
    shelf.place([first])
    shelf.place([stranger])
    plan = shelf.place([a_mail("m3", cites=["m1"], to=["bob@b.example"])])
    assert shelf.root(stranger) == shelf.root(first)
    assert merged(plan)[0].link.because.endswith("and bob@b.example now takes part in that conversation.")
    assert not shelf.waits


def test_a_merge_elsewhere_can_make_a_refused_citation_valid() -> None:
    shelf, first, second = Shelf(), a_mail("m1"), a_mail("m2", to=["bob@b.example"])
    stranger, bridge = a_mail("m3", "bob@b.example", cites=["m1"]), a_mail("m4", cites=["m1", "m2"])
    for mail in (first, second, stranger):
        shelf.place([mail])
    assert shelf.root(stranger) != shelf.root(first)
    shelf.place([bridge])
    assert shelf.root(stranger) == shelf.root(second) == shelf.root(first)


def test_every_ticket_whose_root_changes_is_told_and_revised_once() -> None:
    shelf, names = Shelf(), ["m1", "m2", "m3"]
    for name in names:
        shelf.place([a_mail(name)])
    shelf.place([a_mail("m4", cites=["m2", "m3"])])
    plan = shelf.place([a_mail("m5", cites=["m1", "m3"])])
    assert {event.ticket.id for event in merged(plan)} == {shelf.home(a_mail("m2")), shelf.home(a_mail("m3"))}
    assert {event.ticket.root for event in merged(plan)} == {shelf.home(a_mail("m1"))}
    assert len({shelf.root(a_mail(name)) for name in names}) == 1


def test_the_one_that_stays_root_is_told_of_its_link() -> None:
    shelf = Shelf()
    shelf.place([a_mail("m1")])
    shelf.place([a_mail("m2")])
    plan = shelf.place([a_mail("m3", cites=["m1", "m2"])])
    (update,) = [h.data for h in plan.happenings if isinstance(h.data, TicketUpdated)]
    assert update.changed == ("links",)
    assert len(update.ticket.links) == 1
    assert merged(plan)[0].root == update.ticket


def test_each_revision_of_a_ticket_is_told_once_and_none_is_left_out() -> None:
    shelf = Shelf()
    for mail in (
        a_mail("m1"),
        a_mail("m2"),
        a_mail("m3", cites=["m1"]),
        a_mail("m4", cites=["m1", "m2"]),
        a_mail("m5", "x@x.example", tokens=[a_token(a_mail("m2"))]),
    ):
        shelf.place([mail])
    told: dict[UUID, list[int]] = {}
    for happening in shelf.happenings:
        if happening.about is None:
            told.setdefault(happening.ticket, []).append(happening.revision)
    assert all(revisions == list(range(1, len(revisions) + 1)) for revisions in told.values())
    assert {ticket: revisions[-1] for ticket, revisions in told.items()} == {
        ticket.id: ticket.revision for ticket in shelf.tickets.values()
    }


def test_a_plan_does_not_touch_the_facts_it_was_made_from() -> None:
    shelf = Shelf()
    shelf.place([a_mail("m1")])
    before = msgspec.json.encode(list(shelf.tickets.values()))
    make_plan(shelf, incomings([a_mail("m2", cites=["m1"])]), shelf.now)
    assert msgspec.json.encode(list(shelf.tickets.values())) == before
