"""Settings files with mailboxes that are fetched by IMAP, and a Dovecot that takes tokens."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from support.token_endpoint import CLIENT, TokenEndpoint

Table = Mapping[str, str | int | float | bool | list[str]]

SECRETS: Final = "THREADLINE_IMAP_SECRET_"


def mailbox_toml(address: str, imap: Table, oauth: Table | None = None, **mailbox: str) -> str:
    """Return a mailbox as the settings file has it."""
    parts = ["[[email.mailboxes]]", *_lines({"address": address, **mailbox}), "[email.mailboxes.imap]", *_lines(imap)]
    if oauth is not None:
        parts += ["[email.mailboxes.imap.oauth]", *_lines(oauth)]
    return "\n".join([*parts, ""])


def imap_alone(address: str, port: int, user: str, *, email: Table | None = None, **imap: str | float) -> str:
    """Return settings with one mailbox of a Dovecot on loopback and no SMTP door; its secret is named `mailbox`."""
    fetched: Table = {"host": "127.0.0.1", "port": port, "tls": "none", "user": user, "secret": "mailbox", **imap}
    head = ["[email]", *_lines({"smtp_mode": "off", **(email or {})}), ""]
    return "\n".join(head) + mailbox_toml(address, fetched)


def refreshing(endpoint: TokenEndpoint, secret: str) -> Table:
    """Return the oauth table of a mailbox whose refresh token is the secret of that name; `app` is the client's."""
    return {
        "token_url": endpoint.url,
        "client_id": CLIENT,
        "client_secret": "app",
        "refresh_token": secret,
    }


def taking_tokens(tokeninfo_url: str, folder: Path) -> str:
    """Return what makes a Dovecot ask an endpoint about tokens; `folder` is for its settings."""
    config = folder / "dovecot-oauth2.conf.ext"
    config.write_text(
        f"tokeninfo_url = {tokeninfo_url}\nintrospection_mode =\nusername_attribute = email\n"
        "active_attribute = active\nactive_value = true\n"
    )
    config.chmod(0o644)
    return f"""
auth_mechanisms = plain login xoauth2 oauthbearer
auth_cache_size = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {config}
}}
"""


def _lines(table: Table) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in table.items()]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
