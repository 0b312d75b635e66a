-- What workers need: dead letters, what was done, the files of the event log, reminders and their mails. Only additions, so that nodes of
-- the version before go on working beside this one.

-- A guest's pseudonyms in the event log are made with this key, and mean nothing once it is gone with the guest.
CREATE TABLE IF NOT EXISTS guest_log_keys (
    guest_key BINARY(32) NOT NULL PRIMARY KEY,
    log_key   BINARY(32) NOT NULL,
    CONSTRAINT log_keys_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dead_letters (
    event_id     VARCHAR(32) NOT NULL PRIMARY KEY,
    guest_key    BINARY(32),
    kind         VARCHAR(64) NOT NULL,
    payload_json MEDIUMTEXT NOT NULL,
    created_ms   BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    reason       VARCHAR(512) NOT NULL,
    dead_ms      BIGINT NOT NULL,
    KEY dead_letters_of_guest (guest_key),
    KEY dead_letters_by_time (dead_ms, event_id),
    CONSTRAINT dead_letters_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Ids of the events whose effect took place: whatever delivers an event again finds it here.
CREATE TABLE IF NOT EXISTS inbox (
    event_id VARCHAR(32) NOT NULL PRIMARY KEY,
    done_ms  BIGINT NOT NULL,
    KEY inbox_by_time (done_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS log_files (
    file_id     VARCHAR(32) NOT NULL PRIMARY KEY,
    day         VARCHAR(10) NOT NULL,
    location    VARCHAR(1024) NOT NULL,
    row_count   BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    created_ms  BIGINT NOT NULL,
    generation  BIGINT NOT NULL,
    replaced_ms BIGINT,
    KEY log_files_live (replaced_ms, day, generation)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO counters (name, value) VALUES ('outbox_claim', 0), ('event_log_generation', 0), ('event_log_published', 0),
    ('mail_claim', 0);

CREATE TABLE IF NOT EXISTS reminders (
    reminder_id    VARCHAR(32) NOT NULL PRIMARY KEY,
    guest_key      BINARY(32) NOT NULL,
    interview_id   VARCHAR(32),
    address_sealed VARBINARY(1024) NOT NULL,
    day            VARCHAR(10) NOT NULL,
    days_before    BIGINT NOT NULL,
    due_ms         BIGINT NOT NULL,
    lang           VARCHAR(8) NOT NULL,
    status         VARCHAR(32) NOT NULL,
    created_ms     BIGINT NOT NULL,
    KEY reminders_of_guest (guest_key, created_ms, reminder_id),
    CONSTRAINT reminders_guest FOREIGN KEY (guest_key) REFERENCES guests (guest_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One mail of each kind for a reminder, whatever happens: the key sees to it.
CREATE TABLE IF NOT EXISTS mails (
    reminder_id VARCHAR(32) NOT NULL,
    kind        VARCHAR(32) NOT NULL,
    mail_id     VARCHAR(32) NOT NULL,
    status      VARCHAR(32) NOT NULL,
    due_ms      BIGINT NOT NULL,
    lease_ms    BIGINT NOT NULL DEFAULT 0,
    attempts    BIGINT NOT NULL DEFAULT 0,
    reason      VARCHAR(512),
    changed_ms  BIGINT NOT NULL,
    PRIMARY KEY (reminder_id, kind),
    UNIQUE KEY mails_id (mail_id),
    KEY mails_by_status (status, due_ms),
    CONSTRAINT mails_reminder FOREIGN KEY (reminder_id) REFERENCES reminders (reminder_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
