"""Any messages and commands in any order: conversations are what the links between tickets make of them."""

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import Struct
from typing_extensions import override

from support.commands import a_merge, a_split, a_status, an_unmerge, as_command, headers, reread, revisions_are_gapless
from support.threads import incomings
from support.threads_shelf import US, a_mail, a_token
from threadline_contracts.codec import decode
from threadline_contracts.commands import Answer
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Rule, Status
from threadline_shared.sqlite import sqlite3
from threadline_threads.commands.command import CommandOutcome, read
from threadline_threads.reasons import Reason
from threadline_threads.store.sqlite import open_sqlite_store

PEOPLE = ("ana@a.example", "bob@b.example", "mallory@m.example", US)
WHY = Reason(Rule.REFERENCE, "A rule says so.")
numbers = st.integers(0, 10**6)  # of a ticket or a message, modulo how many there are


class Machine(RuleBasedStateMachine):
    """A store in a file, what was written to it, and a second connection that looks at the tables."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "threads.sqlite3"
        self.runner = asyncio.Runner()
        self.opened = open_sqlite_store(path)
        self.store = self.runner.run(self.opened.__aenter__())
        self.tables = sqlite3.connect(path)
        self.mails: list[InboundMessage] = []
        self.write("ana@a.example", [], token=None)
        self.write("bob@b.example", [], token=None)

    @override
    def teardown(self) -> None:
        events = [decode(body) for (body,) in self.tables.execute("SELECT body FROM outbox ORDER BY sequence")]
        stored = dict(self.rows("SELECT id, revision FROM ticket"))
        self.tables.close()
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()
        self.folder.cleanup()
        assert revisions_are_gapless(events)
        assert {header.id: header.revision for header in headers(events)} == stored

    @rule(
        by=st.sampled_from(PEOPLE),
        cites=st.lists(numbers, max_size=2),
        to=st.lists(st.sampled_from(PEOPLE[:-1]), max_size=2),
        token=st.none() | numbers,
    )
    def write(self, by: str, cites: list[int], to: tuple[str, ...] = (), token: int | None = None) -> None:
        cited = [self.mails[number % len(self.mails)].external_id.partition("@")[0] for number in cites]
        tokens = [] if token is None else [a_token(self.mails[token % len(self.mails)])]
        self.mails.append(a_mail(f"m{len(self.mails)}", by, cites=cited, to=to, tokens=tokens))
        self.runner.run(self.store.place(incomings(self.mails[-1:]), datetime.now(UTC)))

    @rule(one=numbers, other=numbers)
    def merge(self, one: int, other: int) -> None:
        ticket, into = self.ticket(one), self.ticket(other)
        self.ask(a_merge(ticket, into))
        assert self.roots()[ticket] == self.roots()[into]

    @rule(one=numbers)
    def unmerge(self, one: int) -> None:
        ticket = self.ticket(one)
        if self.ask(an_unmerge(ticket)).answer is Answer.DONE:
            assert self.roots()[ticket] == ticket

    @rule(one=numbers, other=numbers)
    def merge_and_unmerge(self, one: int, other: int) -> None:
        before, links = self.roots(), len(self.links())
        ticket, into = self.ticket(one), self.ticket(other)
        done = self.ask(a_merge(ticket, into)).answer is Answer.DONE
        if done and len(self.links()) == links + 1:  # else more followed from it by the rules
            outcome = self.ask(an_unmerge(before[ticket]))
            assert self.roots() == before or "Nothing would remain" in outcome.because

    @rule(number=numbers)
    def split(self, number: int) -> None:
        mail = self.mails[number % len(self.mails)]
        outcome = self.ask(a_split(mail))
        if outcome.answer is Answer.DONE:
            home, old = dict(self.rows("SELECT id, ticket FROM message"))[mail.id], outcome.tickets[1]
            assert home == outcome.tickets[0]
            assert self.roots()[home] != self.roots()[old]

    @rule(one=numbers, status=st.sampled_from(Status))
    def set_status(self, one: int, status: Status) -> None:
        self.ask(a_status(self.ticket(one), status))

    @rule(one=numbers, other=numbers)
    def join(self, one: int, other: int) -> None:
        ticket, into = self.ticket(one), self.ticket(other)
        ends, apart = frozenset(map(self.goes_on, (ticket, into))), self.apart()
        joined = self.runner.run(self.store.join(ticket, into, WHY, datetime.now(UTC)))
        if joined:
            assert ends not in apart

    @invariant()
    def links_lead_to_the_roots(self) -> None:
        parents, roots = dict(self.links()), self.roots()
        for ticket, root in roots.items():
            way = [ticket]
            while (parent := parents.get(way[-1])) and parent not in way:
                way.append(parent)
            assert way[-1] == root == roots[root]
            assert root not in parents

    @invariant()
    def every_message_is_in_one_ticket(self) -> None:
        homes = dict(self.rows("SELECT id, ticket FROM message"))
        counted = {ticket: count for ticket, count in self.rows("SELECT id, message_count FROM ticket") if count}
        assert homes.keys() == {mail.id for mail in self.mails}
        assert counted == Counter(homes.values())

    @invariant()
    def a_conversation_shows_one_of_its_messages(self) -> None:
        homes, roots = dict(self.rows("SELECT id, ticket FROM message")), self.roots()
        for root, last in self.rows("SELECT id, last_message FROM ticket WHERE root = id"):
            assert roots[homes[last]] == root

    @invariant()
    def nobody_is_together_with_what_he_is_kept_apart_from(self) -> None:
        assert all(len(pair) > 1 for pair in self.apart())

    def ask(self, asked: Struct) -> CommandOutcome:
        outcome = self.runner.run(self.store.carry_out(read(as_command(asked)), datetime.now(UTC), reread))
        assert outcome is not None
        return outcome

    def ticket(self, number: int) -> UUID:
        tickets = sorted(self.roots())
        return tickets[number % len(tickets)]

    def roots(self) -> dict[UUID, UUID]:
        return dict(self.rows("SELECT id, root FROM ticket"))

    def goes_on(self, ticket: UUID) -> UUID:
        """Return the root that goes on for a ticket: its own, or what follows that."""
        roots, passed = self.roots(), set[UUID]()
        followers = dict(self.rows("SELECT id, followed_by FROM ticket"))
        root = roots[ticket]
        while root not in passed and (follower := followers[root]):
            passed.add(root)
            root = roots[follower]
        return root

    def links(self) -> list[tuple[UUID, UUID]]:
        return [(child, parent) for child, parent in self.rows("SELECT child, parent FROM link")]

    def apart(self) -> set[frozenset[UUID]]:
        """Return the conversations that are kept apart, by their roots."""
        roots = self.roots()
        return {frozenset((roots[one], roots[other])) for one, other in self.rows("SELECT one, other FROM severed")}

    def rows(self, statement: str) -> list[Any]:
        found = self.tables.execute(statement).fetchall()
        return [tuple(UUID(bytes=value) if isinstance(value, bytes) else value for value in row) for row in found]


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_any_messages_and_commands = Machine.TestCase
