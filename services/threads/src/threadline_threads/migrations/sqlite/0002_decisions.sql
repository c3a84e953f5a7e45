-- The same tables as on PostgreSQL. A list of ids is their bytes, one after the other.

ALTER TABLE ticket ADD COLUMN follows BLOB;
ALTER TABLE ticket ADD COLUMN followed_by BLOB;
ALTER TABLE ticket ADD COLUMN solved_at INTEGER;
ALTER TABLE participant ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE citation ADD COLUMN names TEXT NOT NULL DEFAULT '';
ALTER TABLE waiting ADD COLUMN strict INTEGER NOT NULL DEFAULT 0;
CREATE INDEX waiting_source ON waiting (source) WHERE source IS NOT NULL;
CREATE INDEX waiting_contact ON waiting (contact);

CREATE TABLE severed (
    one     BLOB NOT NULL,
    other   BLOB NOT NULL,
    by      TEXT NOT NULL,
    because TEXT NOT NULL,
    at      INTEGER NOT NULL,
    link    BLOB,
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
CREATE INDEX severed_other ON severed (other);

CREATE TABLE clue (
    key       BLOB NOT NULL,
    at        INTEGER NOT NULL,
    message   BLOB NOT NULL,
    ticket    BLOB NOT NULL,
    condition TEXT NOT NULL,
    channel   TEXT NOT NULL,
    ours      INTEGER NOT NULL,
    marked    INTEGER NOT NULL,
    PRIMARY KEY (key, at, message)
) WITHOUT ROWID;

CREATE TABLE suggestion (
    id         BLOB PRIMARY KEY,
    ticket     BLOB NOT NULL,
    other      BLOB NOT NULL,
    score      REAL NOT NULL,
    status     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    settled_at INTEGER,
    content    BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX suggestion_ticket ON suggestion (ticket);
CREATE INDEX suggestion_other ON suggestion (other);
CREATE INDEX suggestion_open ON suggestion (at DESC, id DESC) WHERE status = 'open';

CREATE TABLE command (
    id      TEXT PRIMARY KEY,
    type    TEXT NOT NULL,
    by      TEXT NOT NULL,
    asked   BLOB NOT NULL,
    answer  TEXT NOT NULL,
    because TEXT NOT NULL,
    at      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX command_at ON command (at);
CREATE TABLE command_ticket (
    ticket   BLOB NOT NULL,
    command  TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,       -- in the answer
    PRIMARY KEY (ticket, command)
) WITHOUT ROWID;
CREATE INDEX command_ticket_of ON command_ticket (command, position);

CREATE TABLE contact (
    id         BLOB PRIMARY KEY,
    desk       TEXT NOT NULL,
    name       TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    erased_at  INTEGER,
    part_of    BLOB
) WITHOUT ROWID;
CREATE INDEX contact_newest ON contact (updated_at DESC, id DESC) WHERE part_of IS NULL AND erased_at IS NULL;
CREATE TABLE contact_word (
    word    TEXT NOT NULL,
    contact BLOB NOT NULL,
    PRIMARY KEY (word, contact)
) WITHOUT ROWID;
CREATE INDEX contact_word_of ON contact_word (contact);
CREATE TABLE identity (
    desk      TEXT NOT NULL,
    identity  TEXT NOT NULL,
    owner     BLOB NOT NULL,
    kind      TEXT NOT NULL,
    value     TEXT NOT NULL,
    assurance TEXT NOT NULL,
    by        TEXT NOT NULL,
    since     INTEGER NOT NULL,
    message   BLOB,
    PRIMARY KEY (desk, identity)
) WITHOUT ROWID;
CREATE INDEX identity_owner ON identity (owner);
CREATE TABLE contact_link (
    desk    TEXT NOT NULL,
    one     TEXT NOT NULL,
    other   TEXT NOT NULL,
    by      TEXT NOT NULL,
    because TEXT NOT NULL,
    at      INTEGER NOT NULL,
    message BLOB,
    undone_by      TEXT,
    undone_because TEXT,
    undone_at      INTEGER,
    contested      BLOB,
    PRIMARY KEY (desk, one, other)
) WITHOUT ROWID;
CREATE INDEX contact_link_other ON contact_link (desk, other);

CREATE TABLE erased (
    digest BLOB PRIMARY KEY,
    at     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE cursor (
    name     TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE task (
    id       TEXT PRIMARY KEY,
    type     TEXT NOT NULL,
    state    BLOB NOT NULL,
    begun_at INTEGER NOT NULL,
    free_at  INTEGER NOT NULL,
    done_at  INTEGER
) WITHOUT ROWID;
CREATE INDEX task_open ON task (begun_at) WHERE done_at IS NULL;

CREATE TABLE secret (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE loose_blob (
    blob TEXT PRIMARY KEY,
    desk TEXT NOT NULL,
    at   INTEGER NOT NULL
) WITHOUT ROWID;
