-- What workers need: dead letters, what was done, the files of the event log, reminders and their mails. Only additions, so that nodes of
-- the version before go on working beside this one.

-- A guest's pseudonyms in the event log are made with this key, and mean nothing once it is gone with the guest.
CREATE TABLE guest_log_keys (
    guest_key BLOB NOT NULL PRIMARY KEY REFERENCES guests (guest_key) ON DELETE CASCADE,
    log_key   BLOB NOT NULL CHECK (length(log_key) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    event_id     TEXT NOT NULL PRIMARY KEY CHECK (length(event_id) <= 32),
    guest_key    BLOB REFERENCES guests (guest_key) ON DELETE CASCADE,
    kind         TEXT NOT NULL CHECK (length(kind) <= 64),
    payload_json TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    reason       TEXT NOT NULL CHECK (length(reason) <= 512),
    dead_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_of_guest ON dead_letters (guest_key) WHERE guest_key IS NOT NULL;
CREATE INDEX dead_letters_by_time ON dead_letters (dead_ms, event_id);

-- Ids of the events whose effect took place: whatever delivers an event again finds it here.
CREATE TABLE inbox (
    event_id TEXT NOT NULL PRIMARY KEY CHECK (length(event_id) <= 32),
    done_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_by_time ON inbox (done_ms);

CREATE TABLE log_files (
    file_id     TEXT NOT NULL PRIMARY KEY CHECK (length(file_id) <= 32),
    day         TEXT NOT NULL CHECK (length(day) = 10),
    location    TEXT NOT NULL CHECK (length(location) <= 1024),
    row_count   INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    replaced_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX log_files_live ON log_files (day, generation) WHERE replaced_ms IS NULL;
INSERT INTO counters (name, value) VALUES ('outbox_claim', 0), ('event_log_generation', 0), ('event_log_published', 0),
    ('mail_claim', 0);

CREATE TABLE reminders (
    reminder_id    TEXT NOT NULL PRIMARY KEY CHECK (length(reminder_id) <= 32),
    guest_key      BLOB NOT NULL REFERENCES guests (guest_key) ON DELETE CASCADE,
    interview_id   TEXT CHECK (length(interview_id) <= 32),
    address_sealed BLOB NOT NULL CHECK (length(address_sealed) <= 1024),
    day            TEXT NOT NULL CHECK (length(day) = 10),
    days_before    INTEGER NOT NULL,
    due_ms         INTEGER NOT NULL,
    lang           TEXT NOT NULL CHECK (length(lang) <= 8),
    status         TEXT NOT NULL CHECK (length(status) <= 32),
    created_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_of_guest ON reminders (guest_key, created_ms, reminder_id);

-- One mail of each kind for a reminder, whatever happens: the key sees to it.
CREATE TABLE mails (
    reminder_id TEXT NOT NULL REFERENCES reminders (reminder_id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (length(kind) <= 32),
    mail_id     TEXT NOT NULL UNIQUE CHECK (length(mail_id) <= 32),
    status      TEXT NOT NULL CHECK (length(status) <= 32),
    due_ms      INTEGER NOT NULL,
    lease_ms    INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    reason      TEXT CHECK (length(reason) <= 512),
    changed_ms  INTEGER NOT NULL,
    PRIMARY KEY (reminder_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX mails_by_status ON mails (status, due_ms);
