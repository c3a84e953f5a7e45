-- Tickets, the messages in them, what finds and joins them, and the outbox. Every look-up of the service has an index.
-- No foreign keys: rows are only ever written whole, by one plan in one transaction, and each key costs a look-up a row.

CREATE TABLE threads.ticket (
    id            uuid PRIMARY KEY,
    desk          text NOT NULL,
    reference     text NOT NULL,
    root          uuid NOT NULL,               -- itself, unless merged
    status        text NOT NULL,
    revision      integer NOT NULL,
    subject       text NOT NULL,
    channels      text NOT NULL,               -- one a line
    accounts      text NOT NULL,               -- one a line
    message_count integer NOT NULL,
    contact       bytea NOT NULL,              -- a Party, as JSON
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    active_at     timestamptz NOT NULL,        -- of a root: when its conversation last got a message,
    last_message  uuid NOT NULL                -- and which
) WITH (fillfactor = 80);
CREATE INDEX ticket_merged ON threads.ticket (root) WHERE root <> id;
CREATE INDEX ticket_newest ON threads.ticket (active_at DESC, id DESC) WHERE root = id;

CREATE TABLE threads.message (
    id           uuid PRIMARY KEY,
    version      bigint NOT NULL,
    ticket       uuid NOT NULL,                -- its home, for ever
    reference    text COLLATE "C" NOT NULL,
    external_id  text COLLATE "C" NOT NULL,
    committed_at timestamptz NOT NULL,
    placement    bytea NOT NULL,               -- a Placement, as JSON
    content      bytea NOT NULL,               -- an InboundMessage, as its channel published it
    words        tsvector NOT NULL
);
DO $$ BEGIN
    ALTER TABLE threads.message ALTER COLUMN content SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN  -- a server built without it: its own method would cost a fifth of all CPU
    ALTER TABLE threads.message ALTER COLUMN content SET STORAGE EXTERNAL;
END $$;
CREATE INDEX message_of_ticket ON threads.message (ticket);
CREATE INDEX message_reference ON threads.message (reference);
CREATE INDEX message_external ON threads.message (left(external_id, 255)) WHERE external_id <> '';
-- New words wait in a list of up to 16 MB (10,000 messages) that the service empties every few seconds.
CREATE INDEX message_words ON threads.message USING gin (words) WITH (gin_pending_list_limit = 16384);

-- Which ticket has a message that can be found by a key.
CREATE TABLE threads.holder (
    key    bytea NOT NULL,
    ticket uuid NOT NULL,
    plain  boolean NOT NULL,
    by     text NOT NULL,
    PRIMARY KEY (key, ticket)
);

-- Which message cites a key, known or not; speakers NULL: we wrote it.
CREATE TABLE threads.citation (
    key      bytea NOT NULL,
    message  uuid NOT NULL,
    ticket   uuid NOT NULL,
    speakers text,
    PRIMARY KEY (key, message)
);

CREATE TABLE threads.participant (
    ticket  uuid NOT NULL,
    contact text COLLATE "C" NOT NULL,
    PRIMARY KEY (ticket, contact)
);

-- What becomes true once a contact takes part in the conversation of a ticket.
CREATE TABLE threads.waiting (
    ticket  uuid NOT NULL,
    contact text COLLATE "C" NOT NULL,
    message uuid NOT NULL,
    source  uuid,
    cited   text NOT NULL,
    names   text NOT NULL,
    PRIMARY KEY (ticket, contact, message)
);

CREATE TABLE threads.link (
    child   uuid PRIMARY KEY,
    parent  uuid NOT NULL,
    rule    text NOT NULL,
    because text NOT NULL,
    by      text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX link_parent ON threads.link (parent);

-- Ticket events: written with what they tell, published later, kept as history.
CREATE TABLE threads.outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence     bigint,                       -- in commit order; given after the commit
    event_id     text NOT NULL,
    type         text NOT NULL,
    message      uuid,
    committed_at timestamptz NOT NULL,
    sent_at      timestamptz,
    body         bytea NOT NULL
);
-- The row is updated twice; its body stays where it is. JSON of this size is not worth the CPU of compressing.
ALTER TABLE threads.outbox ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE SEQUENCE threads.event_sequence AS bigint;
CREATE UNIQUE INDEX outbox_sequence ON threads.outbox (sequence) WHERE sequence IS NOT NULL;
CREATE INDEX outbox_unnumbered ON threads.outbox (id) WHERE sequence IS NULL;
CREATE INDEX outbox_unsent ON threads.outbox (sequence) WHERE sequence IS NOT NULL AND sent_at IS NULL;
CREATE INDEX outbox_message ON threads.outbox (message) WHERE message IS NOT NULL;
