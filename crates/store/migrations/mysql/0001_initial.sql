-- Times are milliseconds since 1970 UTC. Everything of a guest hangs on the guest's row and leaves with it.
-- Big rows are clustered by an ever growing sequence, so that inserts append instead of splitting random pages.
-- IF NOT EXISTS and INSERT IGNORE: MySQL commits each DDL statement by itself, so a broken run must be repeatable.

CREATE TABLE IF NOT EXISTS guests (
    guest_key    BINARY(32) NOT NULL PRIMARY KEY,
    created_ms   BIGINT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    expires_ms   BIGINT NOT NULL,
    KEY guests_expiry (expires_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS interviews (
    interview_id     VARCHAR(32) NOT NULL PRIMARY KEY,
    guest_key        BINARY(32) NOT NULL,
    status           VARCHAR(32) NOT NULL,
    pending_question VARCHAR(64),
    created_ms       BIGINT NOT NULL,
    updated_ms       BIGINT NOT NULL,
    revision         BIGINT NOT NULL,
    KEY interviews_of_guest (guest_key, created_ms, interview_id),
    CONSTRAINT interviews_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS answers (
    interview_id VARCHAR(32) NOT NULL,
    question_id  VARCHAR(64) NOT NULL,
    seq          BIGINT NOT NULL,
    answer_json  MEDIUMTEXT NOT NULL,
    answered_ms  BIGINT NOT NULL,
    PRIMARY KEY (interview_id, question_id),
    CONSTRAINT answers_interview FOREIGN KEY (interview_id) REFERENCES interviews (interview_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS recommendations (
    sequence          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    recommendation_id VARCHAR(32) NOT NULL,
    guest_key         BINARY(32) NOT NULL,
    interview_id      VARCHAR(32),
    parent_id         VARCHAR(32),
    created_ms        BIGINT NOT NULL,
    catalogue_version VARCHAR(64) NOT NULL,
    seed              BIGINT NOT NULL,
    body_json         MEDIUMTEXT NOT NULL,
    UNIQUE KEY recommendations_id (recommendation_id),
    KEY recommendations_of_guest (guest_key, created_ms, recommendation_id),
    KEY recommendations_of_interview (interview_id, created_ms, sequence),
    CONSTRAINT recommendations_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS recommendation_items (
    recommendation_id VARCHAR(32) NOT NULL,
    rank_no           BIGINT NOT NULL,
    product_id        VARCHAR(128) NOT NULL,
    score             DOUBLE NOT NULL,
    propensity        DOUBLE NOT NULL,
    explore           BIGINT NOT NULL,
    PRIMARY KEY (recommendation_id, rank_no),
    CONSTRAINT items_recommendation FOREIGN KEY (recommendation_id) REFERENCES recommendations (recommendation_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS recommendation_events (
    sequence          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    recommendation_id VARCHAR(32) NOT NULL,
    kind              VARCHAR(64) NOT NULL,
    product_id        VARCHAR(128),
    at_ms             BIGINT NOT NULL,
    KEY events_of_recommendation (recommendation_id, sequence),
    CONSTRAINT events_recommendation FOREIGN KEY (recommendation_id) REFERENCES recommendations (recommendation_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS idempotency (
    guest_key       BINARY(32) NOT NULL,
    idempotency_key VARCHAR(255) NOT NULL CHECK (idempotency_key NOT LIKE '% '),
    request_hash    BINARY(32) NOT NULL,
    status          BIGINT NOT NULL,
    response_json   MEDIUMTEXT NOT NULL,
    created_ms      BIGINT NOT NULL,
    expires_ms      BIGINT NOT NULL,
    PRIMARY KEY (guest_key, idempotency_key),
    KEY idempotency_expiry (expires_ms),
    CONSTRAINT idempotency_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS outbox (
    sequence     BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    event_id     VARCHAR(32) NOT NULL,
    guest_key    BINARY(32),
    kind         VARCHAR(64) NOT NULL,
    payload_json MEDIUMTEXT NOT NULL,
    created_ms   BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    lease_ms     BIGINT NOT NULL DEFAULT 0,
    UNIQUE KEY outbox_event (event_id),
    KEY outbox_of_guest (guest_key),
    CONSTRAINT outbox_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS products (
    product_id   VARCHAR(128) NOT NULL PRIMARY KEY CHECK (product_id NOT LIKE '% '),
    source       VARCHAR(128) NOT NULL,
    content_hash BIGINT NOT NULL,
    product_json MEDIUMTEXT NOT NULL,
    import_id    VARCHAR(64) NOT NULL,
    updated_ms   BIGINT NOT NULL,
    retired_ms   BIGINT,
    KEY products_live (retired_ms, product_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS counters (
    name  VARCHAR(64) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO counters (name, value) VALUES ('product_revision', 0), ('snapshot_publication', 0);

CREATE TABLE IF NOT EXISTS builds (
    build_id     VARCHAR(32) NOT NULL PRIMARY KEY,
    status       VARCHAR(32) NOT NULL,
    requested_ms BIGINT NOT NULL,
    started_ms   BIGINT,
    lease_ms     BIGINT NOT NULL DEFAULT 0,
    attempts     BIGINT NOT NULL DEFAULT 0,
    finished_ms  BIGINT,
    version      VARCHAR(64),
    reason       MEDIUMTEXT,
    KEY builds_by_time (requested_ms, build_id),
    KEY builds_open (status, requested_ms, build_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS snapshots (
    version          VARCHAR(64) NOT NULL PRIMARY KEY,
    location         VARCHAR(1024) NOT NULL,
    checksum         VARCHAR(128) NOT NULL,
    products         BIGINT NOT NULL,
    built_ms         BIGINT NOT NULL,
    product_revision BIGINT NOT NULL,
    publication      BIGINT NOT NULL,
    KEY snapshots_by_publication (publication)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
