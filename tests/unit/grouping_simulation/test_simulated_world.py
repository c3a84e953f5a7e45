from collections import Counter, defaultdict
from functools import cache

import msgspec

from benchmarks.grouping.channels import CHANNELS
from benchmarks.grouping.mails import MAILS
from benchmarks.grouping.people import crowd, plain
from benchmarks.grouping.phrases import LANGUAGES
from benchmarks.grouping.strangers import BY_MAIL, OTHERWISE
from benchmarks.grouping.world import World, simulate
from threadline_contracts.codec import MESSAGE_MAX_BYTES
from threadline_contracts.message import Assurance, Channel, Direction, InboundMessage


@cache
def world() -> World:
    return simulate(7, 1500)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    assert simulate(3, 40) == simulate(3, 40)
    assert simulate(3, 40) != simulate(4, 40)


def test_there_are_as_many_customers_as_asked_for_and_each_language_has_its_own() -> None:
    people = crowd(1, 500)
    assert len({person.key for person in people}) == 500
    assert {person.language for person in people} == set(LANGUAGES)
    assert any(person.shares_mailbox for person in people)


def test_everything_that_can_happen_happens() -> None:
    functions = [*MAILS, *CHANNELS, *BY_MAIL, *OTHERWISE]
    names = {getattr(function, "__name__", "").replace("_", " ") for function in functions}
    assert names <= {one.scenario for one in world().arrived}
    assert {one.message.channel for one in world().arrived} == set(Channel)


def test_each_message_has_its_own_id_and_satisfies_the_contract() -> None:
    messages = [one.message for one in world().arrived]
    assert len({message.id for message in messages}) == len(messages)
    for message in messages[::50]:
        encoded = msgspec.json.encode(message)
        assert len(encoded) < MESSAGE_MAX_BYTES
        assert msgspec.json.decode(encoded, type=InboundMessage) == message


def test_an_issue_is_in_one_conversation() -> None:
    conversations: defaultdict[str, set[str]] = defaultdict(set)
    for one in world().arrived:
        conversations[one.issue].add(one.conversation)
    assert all(len(found) == 1 for found in conversations.values())


def test_what_is_proved_is_true() -> None:
    labels = world().by_id()
    proofs = [(one, proof) for one in labels.values() for proof in one.proofs]
    assert len(proofs) > 1000
    assert all(labels[proof.other].conversation == one.conversation for one, proof in proofs)


def test_every_later_message_of_an_issue_is_proved_or_says_what_is_left_to_go_by() -> None:
    issues: defaultdict[str, list[bool]] = defaultdict(list)
    for one in world().arrived:
        if one.inbound and not one.stranger:
            issues[one.issue].append(not one.proofs and not one.hint)
    assert all(sum(bare) <= 1 for bare in issues.values())


def test_a_stranger_proves_nothing_and_has_conversations_of_their_own() -> None:
    strangers = [one for one in world().arrived if one.stranger]
    others = {one.conversation for one in world().arrived if not one.stranger and one.inbound}
    assert len(strangers) > 50
    assert not any(one.conversation in others for one in strangers)
    assert not any(one.proofs for one in strangers if one.message.channel == Channel.EMAIL)


def test_a_stranger_is_at_a_limit_only_with_two_forged_things_or_a_leaked_token() -> None:
    for one in world().arrived:
        if one.limit:
            identity = one.message.sender.identities[0]
            assert one.stranger
            assert one.message.evidence.tokens or identity.assurance is Assurance.ASSERTED


def test_an_agent_answers_what_has_arrived() -> None:
    labels = world().by_id()
    answers = [(one, labels[one.answers]) for one in labels.values() if one.answers and not one.inbound]
    mails = [pair for pair in answers if pair[0].message.channel == Channel.EMAIL]
    assert all(answered.message.received_at <= one.message.sent_at for one, answered in mails)


def test_some_answers_overtake_what_they_answer() -> None:
    labels = world().by_id()
    parents = [(one, labels[one.answers]) for one in labels.values() if one.answers]
    assert sum(parent.message.received_at > one.message.received_at for one, parent in parents) > 10


def test_everything_is_delivered_in_the_order_of_arrival_and_some_of_it_again() -> None:
    delivered = world().delivered
    times = Counter(message.id for message in delivered)
    assert set(times) == set(world().by_id())
    assert sum(count > 1 for count in times.values()) > 50
    assert any(message.version for message in delivered)


def test_we_call_customers_too_and_a_form_can_be_sent_twice_under_one_key() -> None:
    messages = [one.message for one in world().arrived]
    assert any(one.channel == Channel.VOICE and one.direction is Direction.OUTBOUND for one in messages)
    keys = Counter(one.external_id for one in messages if one.channel == Channel.FORM)
    assert max(keys.values()) > 1


def test_some_show_two_identities_of_theirs_each_proved() -> None:
    senders = [one.message.sender for one in world().arrived if one.inbound]
    kinds = {
        frozenset(who.kind for who in party.identities if who.assurance is Assurance.VERIFIED) for party in senders
    }
    assert {frozenset({"visitor", "email"}), frozenset({"telegram", "phone"})} <= kinds


def test_many_customers_use_the_same_subject() -> None:
    subjects = Counter(one.message.subject for one in world().arrived if one.inbound)
    assert subjects["Question"] > 10


def test_an_address_is_the_same_however_it_is_spelled() -> None:
    assert plain("Info@12.Pekara-Žito.example") == plain("info@12.xn--pekara-ito-bkc.example")
