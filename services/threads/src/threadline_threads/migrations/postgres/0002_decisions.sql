-- What people decide (merge, unmerge, split, status, suggestions, contacts), and what suggestions are made from.

ALTER TABLE threads.ticket
    ADD COLUMN follows     uuid,                -- the ticket that was solved too long ago
    ADD COLUMN followed_by uuid,                -- of that one: its newest follower
    ADD COLUMN solved_at   timestamptz;         -- since when it is solved or closed
-- By which external id alone somebody is named there; empty: by several, by themselves, or by us.
ALTER TABLE threads.participant ADD COLUMN via text NOT NULL DEFAULT '';
-- Whom a message names besides its speakers.
ALTER TABLE threads.citation ADD COLUMN names text NOT NULL DEFAULT '';
-- Whether the cited message alone does not count as naming the contact.
ALTER TABLE threads.waiting ADD COLUMN strict boolean NOT NULL DEFAULT false;
CREATE INDEX waiting_source ON threads.waiting (source) WHERE source IS NOT NULL;
CREATE INDEX waiting_contact ON threads.waiting (contact);

-- Two tickets that automatic rules never make one conversation again: one < other.
CREATE TABLE threads.severed (
    one     uuid NOT NULL,
    other   uuid NOT NULL,
    by      text NOT NULL,
    because text NOT NULL,
    at      timestamptz NOT NULL,
    link    bytea,                             -- the Link that was undone, as JSON
    PRIMARY KEY (one, other)
);
CREATE INDEX severed_other ON threads.severed (other);

-- What two messages may have in common: a subject of one person, an order number, a file.
CREATE TABLE threads.clue (
    key       bytea NOT NULL,
    at        timestamptz NOT NULL,            -- when the message was sent
    message   uuid NOT NULL,
    ticket    uuid NOT NULL,
    condition text NOT NULL,
    channel   text NOT NULL,
    ours      boolean NOT NULL,
    marked    boolean NOT NULL,
    PRIMARY KEY (key, at, message)
);

CREATE TABLE threads.suggestion (
    id         uuid PRIMARY KEY,
    ticket     uuid NOT NULL,
    other      uuid NOT NULL,
    score      double precision NOT NULL,
    status     text NOT NULL,
    at         timestamptz NOT NULL,
    settled_at timestamptz,
    content    bytea NOT NULL                  -- a Suggestion, as JSON
);
CREATE INDEX suggestion_ticket ON threads.suggestion (ticket);
CREATE INDEX suggestion_other ON threads.suggestion (other);
CREATE INDEX suggestion_open ON threads.suggestion (at DESC, id DESC) WHERE status = 'open';

-- Commands carried out or refused: asked again, they change nothing.
CREATE TABLE threads.command (
    id      text COLLATE "C" PRIMARY KEY,
    type    text NOT NULL,
    by      text NOT NULL,
    asked   bytea NOT NULL,                    -- the command, as JSON
    answer  text NOT NULL,
    because text NOT NULL,
    tickets uuid[] NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX command_at ON threads.command (at);
CREATE INDEX command_tickets ON threads.command USING gin (tickets);

CREATE TABLE threads.contact (
    id         uuid PRIMARY KEY,
    desk       text NOT NULL,
    name       text NOT NULL,
    revision   integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    erased_at  timestamptz,
    part_of    uuid                            -- linked: this contact has its identities now
);
CREATE INDEX contact_newest ON threads.contact (updated_at DESC, id DESC) WHERE part_of IS NULL AND erased_at IS NULL;
-- What a contact is searched by: the words of its name and of its identities.
CREATE TABLE threads.contact_word (
    word    text COLLATE "C" NOT NULL,
    contact uuid NOT NULL,
    PRIMARY KEY (word, contact)
);
CREATE INDEX contact_word_of ON threads.contact_word (contact);
-- An identity belongs to one contact at a time. `identity` is its comparable form, `value` as it was first written.
CREATE TABLE threads.identity (
    desk      text NOT NULL,
    identity  text COLLATE "C" NOT NULL,
    owner     uuid NOT NULL,
    kind      text NOT NULL,
    value     text NOT NULL,
    assurance text NOT NULL,
    by        text NOT NULL,
    since     timestamptz NOT NULL,
    message   uuid,                            -- that showed it with this assurance
    PRIMARY KEY (desk, identity)
);
CREATE INDEX identity_owner ON threads.identity (owner);
-- Why two identities are one person's: one < other. Undone ones stay, with who undid them.
CREATE TABLE threads.contact_link (
    desk    text NOT NULL,
    one     text COLLATE "C" NOT NULL,
    other   text COLLATE "C" NOT NULL,
    by      text NOT NULL,
    because text NOT NULL,
    at      timestamptz NOT NULL,
    message uuid,
    undone_by      text,
    undone_because text,
    undone_at      timestamptz,
    contested      uuid,                       -- the first message that proves what was undone
    PRIMARY KEY (desk, one, other)
);
CREATE INDEX contact_link_other ON threads.contact_link (desk, other);

-- Whom we were asked to forget: digests of their identities, so that what arrives late is forgotten too.
CREATE TABLE threads.erased (
    digest bytea PRIMARY KEY,
    at     timestamptz NOT NULL
);

-- How far a background job has read the events.
CREATE TABLE threads.cursor (
    name     text PRIMARY KEY,
    sequence bigint NOT NULL
);

-- What takes longer than a command may: it is answered when its task is done.
CREATE TABLE threads.task (
    id       text COLLATE "C" PRIMARY KEY,     -- the command's
    type     text NOT NULL,
    state    bytea NOT NULL,                   -- how far it is, as JSON
    begun_at timestamptz NOT NULL,
    free_at  timestamptz NOT NULL,             -- until then, somebody works at it
    done_at  timestamptz
);
CREATE INDEX task_open ON threads.task (begun_at) WHERE done_at IS NULL;

-- What only this database knows: the key of the digests of whom we were asked to forget.
CREATE TABLE threads.secret (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

-- Blobs that a message needs no longer: erased, unless another message of the desk has them.
CREATE TABLE threads.loose_blob (
    blob text COLLATE "C" PRIMARY KEY,
    desk text NOT NULL,
    at   timestamptz NOT NULL
);
