r"""Mailboxes that are fetched by IMAP: every mail once, in any outage, and never by its \Seen flag.

How the parts fit: `app.py` starts one `MailboxJob` (job.py) for each mailbox with `[email.mailboxes.imap]`. A job holds
the lease of its mailbox, opens a `Session` (session.py: one connection, one thread, every error one line), and for
each folder a `FolderReader` (folder.py) lists, fetches and hands over mails, and moves the `Cursor` (cursor.py, pure).

*Logging in.* A session asks its `Login` (login.py) for `Credentials` before it logs in, each time it connects:

    class Login(Protocol):
        async def credentials(self) -> Credentials: ...  # mechanism, user, secret
        def refused(self) -> None: ...                   # the server refused them: do not give the same again

`PasswordLogin` gives a secret of the environment, `TokenLogin` what a `TokenSource` (oauth.py) has; `login_of` chooses
by `account.auth` and is the only place that knows both. `credentials` runs in the event loop, so it may wait for HTTP;
what it cannot get is a TemporaryError or SettingsError with one line that says what to do.

*Trouble.* Whatever keeps a session from working is a TemporaryError whose one argument is a `Trouble`: `kind` (connect,
tls, token, login, folder, refused, lost) and `says`, the line for the operator (also `str()` of both).
`trouble_of(err)` (trouble.py) gets it. `threadline check` opens a session, and enters each folder of the account:

    async with open_session(account, login) as session:   # connects and logs in
        await session.enter("INBOX", readonly=True)

*Reconciliation.* The record of a folder (space `imap`, key `record_key(mailbox, folder)`, JSON) is a `Cursor`;
`cursor.reconciliation()` says `Reconciliation(server=N, taken=M, skipped={reason: K}, failed=F, waiting=W)` with
N = M + sum(K) + F + W: what the server has shown since we began (mails that came back under a new UIDVALIDITY count
again), what became a message, what was passed over and why, what could not be read (retried), and what still waits.
`cursor.failed` names each failed UID with its reason; `cursor.looked_at` is the last look.
Imported history has a cursor of its own (space `imap.history`, same key), with the same counts.

*History.* `request_backfill(state, mailbox, since)` (history.py) leaves a request in the state; the job that holds the
lease finds it at its next look, and imports, when nothing new waits, every older mail as `backfill=1`.
"""
