-- Times are milliseconds since 1970 UTC. Everything of a guest hangs on the guest's row and leaves with it.
-- The length checks are the VARCHAR lengths of the MySQL schema, so that both databases refuse the same values.

CREATE TABLE guests (
    guest_key    BLOB NOT NULL PRIMARY KEY CHECK (length(guest_key) = 32),
    created_ms   INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX guests_expiry ON guests (expires_ms);

CREATE TABLE interviews (
    interview_id     TEXT NOT NULL PRIMARY KEY CHECK (length(interview_id) <= 32),
    guest_key        BLOB NOT NULL REFERENCES guests (guest_key) ON DELETE CASCADE,
    status           TEXT NOT NULL CHECK (length(status) <= 32),
    pending_question TEXT CHECK (length(pending_question) <= 64),
    created_ms       INTEGER NOT NULL,
    updated_ms       INTEGER NOT NULL,
    revision         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX interviews_of_guest ON interviews (guest_key, created_ms, interview_id);

CREATE TABLE answers (
    interview_id TEXT NOT NULL REFERENCES interviews (interview_id) ON DELETE CASCADE,
    question_id  TEXT NOT NULL CHECK (length(question_id) <= 64),
    seq          INTEGER NOT NULL,
    answer_json  TEXT NOT NULL,
    answered_ms  INTEGER NOT NULL,
    PRIMARY KEY (interview_id, question_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE recommendations (
    sequence          INTEGER PRIMARY KEY AUTOINCREMENT,
    recommendation_id TEXT NOT NULL UNIQUE CHECK (length(recommendation_id) <= 32),
    guest_key         BLOB NOT NULL REFERENCES guests (guest_key) ON DELETE CASCADE,
    interview_id      TEXT CHECK (length(interview_id) <= 32),
    parent_id         TEXT CHECK (length(parent_id) <= 32),
    created_ms        INTEGER NOT NULL,
    catalogue_version TEXT NOT NULL CHECK (length(catalogue_version) <= 64),
    seed              INTEGER NOT NULL,
    body_json         TEXT NOT NULL
) STRICT;
CREATE INDEX recommendations_of_guest ON recommendations (guest_key, created_ms, recommendation_id);
CREATE INDEX recommendations_of_interview ON recommendations (interview_id, created_ms, sequence) WHERE interview_id IS NOT NULL;

CREATE TABLE recommendation_items (
    recommendation_id TEXT NOT NULL REFERENCES recommendations (recommendation_id) ON DELETE CASCADE,
    rank_no           INTEGER NOT NULL,
    product_id        TEXT NOT NULL CHECK (length(product_id) <= 128),
    score             REAL NOT NULL,
    propensity        REAL NOT NULL,
    explore           INTEGER NOT NULL,
    PRIMARY KEY (recommendation_id, rank_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE recommendation_events (
    sequence          INTEGER PRIMARY KEY AUTOINCREMENT,
    recommendation_id TEXT NOT NULL REFERENCES recommendations (recommendation_id) ON DELETE CASCADE,
    kind              TEXT NOT NULL CHECK (length(kind) <= 64),
    product_id        TEXT CHECK (length(product_id) <= 128),
    at_ms             INTEGER NOT NULL
) STRICT;
CREATE INDEX events_of_recommendation ON recommendation_events (recommendation_id, sequence);

CREATE TABLE idempotency (
    guest_key       BLOB NOT NULL REFERENCES guests (guest_key) ON DELETE CASCADE,
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) <= 255 AND idempotency_key NOT LIKE '% '),
    request_hash    BLOB NOT NULL CHECK (length(request_hash) = 32),
    status          INTEGER NOT NULL,
    response_json   TEXT NOT NULL,
    created_ms      INTEGER NOT NULL,
    expires_ms      INTEGER NOT NULL,
    PRIMARY KEY (guest_key, idempotency_key)
) STRICT;
CREATE INDEX idempotency_expiry ON idempotency (expires_ms);

CREATE TABLE outbox (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id     TEXT NOT NULL UNIQUE CHECK (length(event_id) <= 32),
    guest_key    BLOB REFERENCES guests (guest_key) ON DELETE CASCADE,
    kind         TEXT NOT NULL CHECK (length(kind) <= 64),
    payload_json TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    lease_ms     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_of_guest ON outbox (guest_key) WHERE guest_key IS NOT NULL;

CREATE TABLE products (
    product_id   TEXT NOT NULL PRIMARY KEY CHECK (length(product_id) <= 128 AND product_id NOT LIKE '% '),
    source       TEXT NOT NULL CHECK (length(source) <= 128),
    content_hash INTEGER NOT NULL,
    product_json TEXT NOT NULL,
    import_id    TEXT NOT NULL CHECK (length(import_id) <= 64),
    updated_ms   INTEGER NOT NULL,
    retired_ms   INTEGER
) STRICT;
CREATE INDEX products_live ON products (product_id) WHERE retired_ms IS NULL;

CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 64),
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('product_revision', 0), ('snapshot_publication', 0);

CREATE TABLE builds (
    build_id     TEXT NOT NULL PRIMARY KEY CHECK (length(build_id) <= 32),
    status       TEXT NOT NULL CHECK (length(status) <= 32),
    requested_ms INTEGER NOT NULL,
    started_ms   INTEGER,
    lease_ms     INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    finished_ms  INTEGER,
    version      TEXT CHECK (length(version) <= 64),
    reason       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX builds_by_time ON builds (requested_ms, build_id);
CREATE INDEX builds_open ON builds (status, requested_ms, build_id);

CREATE TABLE snapshots (
    version          TEXT NOT NULL PRIMARY KEY CHECK (length(version) <= 64),
    location         TEXT NOT NULL CHECK (length(location) <= 1024),
    checksum         TEXT NOT NULL CHECK (length(checksum) <= 128),
    products         INTEGER NOT NULL,
    built_ms         INTEGER NOT NULL,
    product_revision INTEGER NOT NULL,
    publication      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshots_by_publication ON snapshots (publication);
