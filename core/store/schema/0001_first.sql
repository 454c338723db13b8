-- The dialect is what SQLite and PostgreSQL share. ROWKEY stands for the type of
-- an integer primary key: INTEGER PRIMARY KEY in SQLite, BIGINT PRIMARY KEY in
-- PostgreSQL. Times are microseconds since 1970; 0 means never.

-- One row each time the store is opened. IDs of messages from seq "first" on
-- begin with prefix; leases name their epoch as owner.
CREATE TABLE epoch (
	id     ROWKEY,
	first  BIGINT NOT NULL,
	prefix TEXT NOT NULL,
	at     BIGINT NOT NULL
);

CREATE TABLE conversation (
	id      ROWKEY,
	channel TEXT NOT NULL,
	peer    TEXT NOT NULL,
	state   TEXT NOT NULL DEFAULT '',
	due     BIGINT NOT NULL DEFAULT 0,
	seen    BIGINT NOT NULL DEFAULT 0, -- seq of the last envelope that a turn has read
	last    BIGINT NOT NULL DEFAULT 0, -- seq of its newest record, unless unread.last is newer
	ticket  TEXT NOT NULL DEFAULT '',
	gone    BOOLEAN NOT NULL DEFAULT FALSE,
	held    BOOLEAN NOT NULL DEFAULT FALSE, -- a lane may be waiting for somebody to write
	body    TEXT NOT NULL DEFAULT ''        -- JSON, without what stands in columns
);
CREATE UNIQUE INDEX conversation_key ON conversation (channel, peer);
CREATE INDEX conversation_due ON conversation (due) WHERE due > 0;

-- Conversations with unread envelopes. Kept apart from conversation, because
-- filing then writes to few, hot pages.
CREATE TABLE unread (
	conv  ROWKEY,
	since BIGINT NOT NULL, -- when the oldest was filed
	last  BIGINT NOT NULL, -- seq of the newest
	n     BIGINT NOT NULL
);
CREATE INDEX unread_since ON unread (since);

-- The record: messages in, messages out, events. The records of a conversation
-- are a list, from the newest back. An index over (conv, seq) instead would cost
-- every new record the writing of a page of its own.
CREATE TABLE log (
	seq     ROWKEY,
	conv    BIGINT NOT NULL,
	prev    BIGINT NOT NULL,           -- seq of the record before it in its conversation, or 0
	kind    TEXT NOT NULL,             -- in, out, event
	channel TEXT NOT NULL DEFAULT '',
	ref     TEXT NOT NULL DEFAULT '',
	at      BIGINT NOT NULL,
	body    TEXT NOT NULL,             -- JSON, without what stands in columns
	-- of what goes out:
	state   TEXT NOT NULL DEFAULT '',  -- core.Progress
	due     BIGINT NOT NULL DEFAULT 0, -- of a lane's head: end of the lease or next try
	owner   BIGINT NOT NULL DEFAULT 0, -- epoch that leases it
	tries   BIGINT NOT NULL DEFAULT 0, -- attempts begun
	heard   BIGINT NOT NULL DEFAULT 0, -- conversation.seen when it was leased
	quash   BOOLEAN NOT NULL DEFAULT FALSE, -- dropped while it was under way
	card    TEXT NOT NULL DEFAULT '',  -- ticket whose Case it carries
	why     TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX log_in ON log (channel, ref) WHERE kind = 'in';
CREATE INDEX log_out ON log (channel, ref) WHERE kind = 'out' AND ref <> '';
CREATE INDEX log_lane ON log (conv, channel, seq) WHERE state = 'pending';
CREATE INDEX log_due ON log (due) WHERE due > 0;

CREATE TABLE ticket (
	id    TEXT NOT NULL PRIMARY KEY,
	conv  BIGINT NOT NULL,
	state TEXT NOT NULL,
	topic TEXT NOT NULL,
	agent TEXT NOT NULL,
	since BIGINT NOT NULL,
	body  TEXT NOT NULL
);
CREATE INDEX ticket_state ON ticket (state, since);
CREATE INDEX ticket_open ON ticket (since) WHERE state <> 'closed';
CREATE INDEX ticket_agent ON ticket (agent, since);
CREATE INDEX ticket_conv ON ticket (conv);

CREATE TABLE agent (
	id   TEXT NOT NULL PRIMARY KEY,
	body TEXT NOT NULL
);

CREATE TABLE thread (
	desk   TEXT NOT NULL,
	thread TEXT NOT NULL,
	conv   BIGINT NOT NULL,
	ticket TEXT NOT NULL,
	card   TEXT NOT NULL,
	at     BIGINT NOT NULL, -- if a ticket has several at a desk, the newest is used
	PRIMARY KEY (desk, thread)
);
CREATE INDEX thread_ticket ON thread (ticket, desk);

CREATE TABLE value (
	key   TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL,
	until BIGINT NOT NULL
);
CREATE INDEX value_until ON value (until) WHERE until > 0;
