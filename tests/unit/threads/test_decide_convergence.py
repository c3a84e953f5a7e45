"""Grouping does not depend on order, batches or repetition: `decide` against an oracle that knows neither."""

from collections.abc import Sequence

from hypothesis import event, given, settings
from hypothesis import strategies as st

from support.threads import Draft, Shelf, drafts, grouped_by_definition


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Draft], list[list[Draft]]]:
    """Draw messages, and batches in which they are delivered: in any order, some of them again."""
    made = draw(drafts())
    order = draw(st.permutations(made + draw(st.lists(st.sampled_from(made), max_size=3))))
    batches: list[list[Draft]] = [[]]
    for draft in order:
        if draw(st.booleans()):
            batches.append([])
        batches[-1].append(draft)
    return made, [batch for batch in batches if batch]


@given(deliveries())
@settings(max_examples=400, deadline=None)
def test_any_order_batches_and_repetition_give_the_conversations_of_the_definition(
    delivered: tuple[Sequence[Draft], Sequence[Sequence[Draft]]],
) -> None:
    made, batches = delivered
    shelf = Shelf()
    for batch in batches:
        shelf.place([draft.message() for draft in batch])
    expected = grouped_by_definition(made)
    event(f"largest conversation: {max(map(len, expected))}")
    assert shelf.partition() == expected
