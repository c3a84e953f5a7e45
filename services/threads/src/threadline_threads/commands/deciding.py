"""What each command about tickets names, and what it comes to. Pure; contacts are commanded elsewhere."""

from typing import Final

from threadline_contracts.commands import (
    MergeRequested,
    SplitRequested,
    StatusRequested,
    SuggestionDecided,
    UnmergeRequested,
)
from threadline_contracts.errors import MalformedInputError
from threadline_threads.commands.change import Change, Effect
from threadline_threads.commands.command import Command
from threadline_threads.commands.facts import Concern
from threadline_threads.commands.merge import merge
from threadline_threads.commands.split import split
from threadline_threads.commands.status import set_status
from threadline_threads.commands.suggestion import decide_suggestion
from threadline_threads.commands.unmerge import unmerge

OF_TICKETS: Final = (MergeRequested, UnmergeRequested, SplitRequested, StatusRequested, SuggestionDecided)


def concern(command: Command) -> Concern:
    """Return what a command about tickets names."""
    match command.data:
        case MergeRequested() as asked:
            return Concern(tickets=(asked.ticket, asked.into))
        case UnmergeRequested() | StatusRequested() as asked:
            return Concern(tickets=(asked.ticket,))
        case SplitRequested() as asked:
            return Concern(message=asked.message_id)
        case SuggestionDecided() as asked:
            return Concern(suggestion=asked.suggestion)
        case _:
            raise MalformedInputError(f"{command.type} is not about tickets")


def decide(command: Command, change: Change) -> Effect:
    """Return what a command about tickets comes to."""
    match command.data:
        case MergeRequested() as asked:
            return merge(asked, change)
        case UnmergeRequested() as asked:
            return unmerge(asked, change)
        case StatusRequested() as asked:
            return set_status(asked, change)
        case SplitRequested() as asked:
            return split(asked, command.id, change)
        case SuggestionDecided() as asked:
            return decide_suggestion(asked, change)
        case _:
            raise MalformedInputError(f"{command.type} is not about tickets")
