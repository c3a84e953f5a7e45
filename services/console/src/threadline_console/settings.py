"""What an operator may set for the console; the HTTP address and the stores have settings of their own."""

from typing import Annotated

from msgspec import Meta, Struct


class ConsoleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read once. Without `api_token` everything is open, and the HTTP server then listens on loopback alone."""

    api_token: Annotated[str, Meta(description="opens the API, and the console's pages after a sign-in")] = ""
    blob_token: Annotated[str, Meta(description="opens files alone: for a program that only shows them")] = ""
    session_hours: Annotated[int, Meta(ge=1, le=720, description="a sign-in to the console ends after so long")] = 12
    dead_letter_days: Annotated[
        int, Meta(ge=0, le=36_500, description="dead letters go when nothing happened to them for so long; 0: never")
    ] = 0
    try_server: Annotated[
        str, Meta(description="host:port of the mail door, named by the command that an empty ticket list shows")
    ] = "127.0.0.1:2525"
    try_mailbox: Annotated[str, Meta(description="same: the mailbox to write to")] = "support@localhost"
