"""Grouping does not depend on order, batches or repetition: `decide` against an oracle that knows none of them."""

import random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from support.threads_drafts import deliveries, drafts
from support.threads_oracle import grouped_by_definition
from support.threads_shelf import Shelf

dices = st.randoms(use_true_random=True)


def group_and_compare(dice: random.Random, count: int) -> None:
    made = drafts(dice, count)
    expected = grouped_by_definition(made)
    event(f"largest conversation: {max(map(len, expected))}")
    for _ in range(2):
        shelf = Shelf()
        for batch in deliveries(dice, made):
            shelf.place(batch)
        assert shelf.partition() == expected, made


@given(dices, st.integers(2, 14))
@settings(max_examples=500, deadline=None)
def test_any_order_batches_and_repetition_give_the_conversations_of_the_definition(
    dice: random.Random, count: int
) -> None:
    group_and_compare(dice, count)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@given(dices, st.integers(2, 20))
@settings(max_examples=20_000, deadline=None)
def test_so_do_very_many(dice: random.Random, count: int) -> None:
    group_and_compare(dice, count)
