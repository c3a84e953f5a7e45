"""A suggestion decided: accepted, it is a merge; declined, no rule joins the two tickets. Pure."""

from threadline_contracts.commands import Decision, SuggestionDecided
from threadline_contracts.ticket import Rule, Suggestion, SuggestionStatus
from threadline_threads.commands.change import Change, Effect, Ruling, number, refused, unchanged, unknown
from threadline_threads.commands.joining import settle
from threadline_threads.commands.merge import merged
from threadline_threads.commands.parting import keep_apart, withdraw


def decide_suggestion(asked: SuggestionDecided, change: Change) -> Effect:
    """Return the effect of a decision about a suggestion."""
    suggestion = change.facts.suggestions.get(asked.suggestion)
    if suggestion is None:
        return unknown("suggestion", asked.suggestion)
    ends = suggestion.ticket, suggestion.other
    if suggestion.status != SuggestionStatus.OPEN:
        return unchanged(f"The suggestion is {suggestion.status} already, by {suggestion.by}.", ends)
    if asked.decision == Decision.ACCEPT:
        return _accept(asked, suggestion, change)
    return _decline(asked, suggestion, change)


def _accept(asked: SuggestionDecided, suggestion: Suggestion, change: Change) -> Effect:
    reasons = " ".join(reason.because for reason in suggestion.reasons)
    ruling = Ruling(Rule.SUGGESTION, asked.because or reasons or f"{asked.by} accepted it.", asked.by)
    facts = change.facts
    if facts.root(suggestion.ticket) == facts.root(suggestion.other):
        settle(change, suggestion, SuggestionStatus.ACCEPTED, ruling)
        return change.done("The two are one conversation already.", (suggestion.ticket, suggestion.other))
    return merged(suggestion.ticket, suggestion.other, ruling, change)


def _decline(asked: SuggestionDecided, suggestion: Suggestion, change: Change) -> Effect:
    facts, ends = change.facts, (suggestion.ticket, suggestion.other)
    one, other = (facts.tickets[end] for end in ends)
    if one.root == other.root:
        return refused(f"{number(one)} and {number(other)} are one conversation already: unmerge one instead.", ends)
    because = asked.because or f"{asked.by} declined to merge them."
    ruling = Ruling(Rule.SUGGESTION, because, asked.by)
    settle(change, suggestion, SuggestionStatus.DECLINED, ruling)
    keep_apart(change, one.id, other.id, ruling, (one.root, other.root))
    withdraw(change, facts.conversation(one.id), facts.conversation(other.id), ruling)
    return change.done(f"{number(one)} and {number(other)} stay apart.", ends)
