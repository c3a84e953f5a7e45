-- The same tables as on PostgreSQL. Ids are 16 bytes, moments are microseconds since 1970 (UTC).

CREATE TABLE ticket (
    id            BLOB PRIMARY KEY,
    desk          TEXT NOT NULL,
    reference     TEXT NOT NULL,
    root          BLOB NOT NULL,
    status        TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    subject       TEXT NOT NULL,
    channels      TEXT NOT NULL,
    accounts      TEXT NOT NULL,
    message_count INTEGER NOT NULL,
    contact       BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    active_at     INTEGER NOT NULL,
    last_message  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX ticket_merged ON ticket (root) WHERE root <> id;
CREATE INDEX ticket_newest ON ticket (active_at DESC, id DESC) WHERE root = id;

CREATE TABLE message (
    number       INTEGER PRIMARY KEY,          -- its row in `search`
    id           BLOB NOT NULL UNIQUE,
    version      INTEGER NOT NULL,
    ticket       BLOB NOT NULL,
    reference    TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    committed_at INTEGER NOT NULL,
    placement    BLOB NOT NULL,
    content      BLOB NOT NULL
);
CREATE INDEX message_of_ticket ON message (ticket);
CREATE INDEX message_reference ON message (reference);
CREATE INDEX message_external ON message (external_id) WHERE external_id <> '';
CREATE INDEX message_home ON message (number, ticket);  -- a search must not read every message it finds
CREATE VIRTUAL TABLE search USING fts5 (words, detail = none, columnsize = 0);

CREATE TABLE holder (
    key    BLOB NOT NULL,
    ticket BLOB NOT NULL,
    plain  INTEGER NOT NULL,
    by     TEXT NOT NULL,
    PRIMARY KEY (key, ticket)
) WITHOUT ROWID;

CREATE TABLE citation (
    key      BLOB NOT NULL,
    message  BLOB NOT NULL,
    ticket   BLOB NOT NULL,
    speakers TEXT,
    PRIMARY KEY (key, message)
) WITHOUT ROWID;

CREATE TABLE participant (
    ticket  BLOB NOT NULL,
    contact TEXT NOT NULL,
    PRIMARY KEY (ticket, contact)
) WITHOUT ROWID;

CREATE TABLE waiting (
    ticket  BLOB NOT NULL,
    contact TEXT NOT NULL,
    message BLOB NOT NULL,
    source  BLOB,
    cited   TEXT NOT NULL,
    names   TEXT NOT NULL,
    PRIMARY KEY (ticket, contact, message)
) WITHOUT ROWID;

CREATE TABLE link (
    child   BLOB PRIMARY KEY,
    parent  BLOB NOT NULL,
    rule    TEXT NOT NULL,
    because TEXT NOT NULL,
    by      TEXT NOT NULL,
    at      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX link_parent ON link (parent);

-- One writer: the order of the rows is the order of the commits, so the row's number is its sequence.
CREATE TABLE outbox (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id     TEXT NOT NULL,
    type         TEXT NOT NULL,
    message      BLOB,
    committed_at INTEGER NOT NULL,
    sent_at      INTEGER,
    body         BLOB NOT NULL
);
CREATE INDEX outbox_unsent ON outbox (sequence) WHERE sent_at IS NULL;
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
