"""An idempotency key as a reason to suggest, where the operator's policy does not let it join. Pure.

Nearly every message has an id of its channel's: that of others is kept as a hint only where a row asks for it.
"""

from collections.abc import Iterator

from threadline_contracts.message import Direction, InboundMessage
from threadline_threads.clues import MAX_PEOPLE, Hint, HintKind
from threadline_threads.identity import persons
from threadline_threads.keys import hint_key
from threadline_threads.policy import Condition
from threadline_threads.terms import Terms


def key_hints(message: InboundMessage, terms: Terms) -> Iterator[Hint]:
    """Yield what suggestions about a message may be founded on: its key, at its account, from each of its senders."""
    if not (message.external_id and terms.policy.may_suggest(Condition.SAME_KEY, message.channel)):
        return
    if message.direction is Direction.INBOUND:
        for who in persons(message.sender, terms.customs, account=message.account)[:MAX_PEOPLE]:
            values = message.channel, message.account, who, message.external_id
            yield Hint(HintKind.KEY, hint_key(message.desk, HintKind.KEY, *values), message.external_id)
