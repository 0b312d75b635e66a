//! Reminders, sent to a real SMTP server: confirmation first, each mail once, refusals, retries, one click to end it, nothing left behind.

use crate::fixture::{NOW_MS, Server, on_both, python};
use futures_util::{StreamExt, stream};
use seonmul_server::jobs::{delete_expired, send_mails};
use seonmul_store::{GuestId, MailId, MailNew, OutboxEvent, ReminderId, ReminderRow};
use serde_json::json;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

const KEY: &str = "6b6579206b6579206b6579206b6579206b6579206b6579206b6579206b657921";
const DAY_MS: i64 = 86_400_000;

on_both!(
    a_reminder_comes_once_it_is_confirmed,
    nothing_is_sent_to_whoever_does_not_confirm,
    one_click_ends_it,
    a_busy_server_is_asked_again_and_one_that_refuses_is_not,
    wrong_requests_name_the_field,
    nobodys_mailbox_is_filled,
    addresses_are_unreadable_at_rest_and_erased_with_the_guest,
    a_guest_is_kept_until_the_reminder_was_sent,
    a_confirmed_reminder_keeps_its_guest_whatever_died_before,
    mail_goes_over_tls_and_nowhere_else_when_asked,
    a_worker_that_died_while_sending_sends_nothing_twice,
);

/// A mail server that can be killed and started again on its port.
pub struct Smtp {
    folder: TempDir,
    certificate: Option<PathBuf>,
    pub port: u16,
    process: Child,
}

impl Smtp {
    pub async fn start() -> Self {
        Self::with_certificate(None).await
    }

    async fn with_certificate(certificate: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, port) = spawn(&folder, 0, certificate.as_ref()).await;
        Self {
            folder,
            certificate,
            port,
            process,
        }
    }

    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    pub async fn revive(&mut self) {
        self.process = spawn(&self.folder, self.port, self.certificate.as_ref())
            .await
            .0;
    }

    /// What was taken, each as text.
    pub fn taken(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mails = files.map(|file| file.unwrap().path());
        let mails = mails.filter(|path| path.extension().is_some_and(|e| e == "eml"));
        mails
            .map(|path| String::from_utf8(std::fs::read(path).unwrap()).unwrap())
            .collect()
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }
}

async fn spawn(folder: &TempDir, port: u16, certificate: Option<&PathBuf>) -> (Child, u16) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/smtp.py");
    let certificate = certificate.map_or("-".to_owned(), |path| path.display().to_string());
    let folder = folder.path().display().to_string();
    let mut process = python(&[script, &folder, &port.to_string(), &certificate])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let port = lines
        .next_line()
        .await
        .unwrap()
        .expect("the server tells its port");
    (process, port.parse().unwrap())
}

/// A node that sends through this server.
async fn mailing(server: &Server, url: &str) -> Server {
    server
        .another(&[
            ("SEONMUL_SMTP_URL", url),
            ("SEONMUL_ENCRYPTION_KEY", KEY),
            ("SEONMUL_PUBLIC_URL", "http://gifts.example"),
        ])
        .await
}

async fn send(node: &Server) {
    while send_mails::run_once(&node.app).await.unwrap() > 0 {}
}

async fn ask(node: &Server, guest: &str, email: &str, date: &str) -> serde_json::Value {
    let reply = node
        .post("/api/v1/reminders")
        .guest(guest)
        .json(json!({ "email": email, "date": date, "days_before": 7 }))
        .send()
        .await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    reply.json()
}

/// The path and query of a link in a mail.
fn link(mail: &str, path: &str) -> String {
    // Soft line breaks of quoted-printable.
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let start = text
        .find(path)
        .unwrap_or_else(|| panic!("no {path} in {text}"));
    let link = &text[start..];
    let end = link
        .find(|c: char| c.is_whitespace() || matches!(c, '>' | '"'))
        .unwrap();
    link[..end].to_owned()
}

async fn a_reminder_comes_once_it_is_confirmed(server: Server) {
    let smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let guest = node.guest().await;
    let made = node
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({ "profile": { "relation": "lover" } }))
        .send()
        .await
        .json();
    let asked = ask(&node, &guest, "giver@example.com", "2026-12-25").await;
    assert_eq!(
        (&asked["status"], &asked["mail_date"]),
        (&json!("unconfirmed"), &json!("2026-12-18"))
    );
    send(&node).await;
    let first = smtp.taken();
    assert_eq!(first.len(), 1);
    assert!(
        first[0].contains("X-To: giver@example.com\r\n"),
        "{}",
        first[0]
    );
    let confirm = link(&first[0], "/reminders/confirm?token=");
    for _ in 0..3 {
        let page = node
            .get(&confirm)
            .header("accept-language", "en")
            .send()
            .await;
        assert_eq!(page.status, 200);
        assert!(
            page.text().contains("We will remind you"),
            "{}",
            page.text()
        );
    }

    let until = |days: i64| days * DAY_MS - 1;
    node.app.clock.advance_ms(until(25));
    send(&node).await;
    assert_eq!(smtp.taken().len(), 1, "its day has not come in Korea");
    node.app.clock.advance_ms(1);
    // The price fell since.
    let product = made["items"][0]["product"]["product_id"].as_str().unwrap();
    let patched = node
        .patch(&format!("/api/v1/admin/products/{product}"))
        .admin()
        .json(json!({ "price": 12_340 }))
        .send()
        .await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    seonmul_server::jobs::build_catalogue::build(&node.app, |_| {})
        .await
        .unwrap();
    seonmul_server::jobs::swap_catalogue::run_once(&node.app).await;
    send(&node).await;
    send(&node).await;
    let mails = smtp.taken();
    assert_eq!(mails.len(), 2);
    let reminder = mails.iter().find(|mail| !first.contains(mail)).unwrap();
    assert!(
        reminder.contains("List-Unsubscribe: <http://gifts.example/reminders/unsubscribe?token=")
    );
    assert!(reminder.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    assert!(reminder.contains("text/plain") && reminder.contains("text/html"));
    let bodies = bodies(reminder).await;
    assert!(bodies.contains("12,340"), "{bodies}");
    let title = made["items"][0]["product"]["title"].as_str().unwrap();
    assert_eq!(
        bodies.matches(title).count(),
        2,
        "once in each form: {bodies}"
    );
    let status = node
        .app
        .store
        .mail_status(node.app.clock.now_ms())
        .await
        .unwrap();
    assert_eq!(
        (status.sent, status.due, status.dead, status.uncertain),
        (2, 0, 0, 0)
    );
}

/// The text and HTML of a mail, as Python's mail library reads them.
async fn bodies(mail: &str) -> String {
    let script = "import email, email.policy, sys\n\
                  m = email.message_from_string(sys.argv[1], policy=email.policy.default)\n\
                  print('\\n'.join(p.get_content() for p in m.walk() if not p.is_multipart()))";
    let output = python(&["-c", script, mail]).output().await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

async fn nothing_is_sent_to_whoever_does_not_confirm(server: Server) {
    let smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let guest = node.guest().await;
    ask(&node, &guest, "giver@example.com", "2026-12-25").await;
    send(&node).await;
    node.app.clock.advance_ms(8 * DAY_MS);
    delete_expired::run_once(&node.app).await;
    let confirm = link(&smtp.taken()[0], "/reminders/confirm?token=");
    let late = node
        .get(&confirm)
        .header("accept-language", "en")
        .send()
        .await;
    assert!(late.text().contains("There is no such reminder"));
    node.app.clock.advance_ms(25 * DAY_MS);
    send(&node).await;
    assert_eq!(smtp.taken().len(), 1);
}

async fn one_click_ends_it(server: Server) {
    let smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let guest = node.guest().await;
    ask(&node, &guest, "giver@example.com", "2026-12-25").await;
    ask(&node, &guest, "giver@example.com", "2026-12-26").await;
    ask(&node, &guest, "other@example.com", "2026-12-26").await;
    send(&node).await;
    let mails = smtp.taken();
    for mail in &mails {
        node.get(&link(mail, "/reminders/confirm?token="))
            .send()
            .await;
    }
    let mine = mails
        .iter()
        .find(|mail| mail.contains("X-To: giver@"))
        .unwrap();
    let unsubscribe = link(mine, "/reminders/unsubscribe?token=");
    let confirm = link(mine, "/reminders/confirm?token=");
    let wrong = unsubscribe.replace("unsubscribe?token=", "confirm?token=");
    let answer = node
        .get(&wrong)
        .header("accept-language", "en")
        .send()
        .await;
    assert!(
        answer.text().contains("There is no such reminder"),
        "a proof serves one purpose"
    );
    let clicked = node
        .post(&unsubscribe)
        .header("origin", "https://mail.example")
        .body(
            "application/x-www-form-urlencoded",
            "List-Unsubscribe=One-Click",
        )
        .send()
        .await;
    assert_eq!(clicked.status, 200);
    for path in [&unsubscribe, &confirm] {
        let answer = node.get(path).header("accept-language", "en").send().await;
        assert!(answer.text().contains("There is no such reminder"));
    }
    node.app.clock.advance_ms(30 * DAY_MS);
    send(&node).await;
    let after = smtp.taken();
    let reminders = after.iter().filter(|mail| !mails.contains(mail));
    let to: Vec<bool> = reminders
        .map(|mail| mail.contains("X-To: other@"))
        .collect();
    assert_eq!(
        to,
        [true],
        "both of that address are gone, the other one comes"
    );
}

async fn a_busy_server_is_asked_again_and_one_that_refuses_is_not(server: Server) {
    let mut smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let guest = node.guest().await;
    ask(&node, &guest, "busy-2@example.com", "2026-12-25").await;
    ask(&node, &guest, "gone@example.com", "2026-12-25").await;
    send(&node).await;
    assert_eq!(smtp.taken().len(), 0);
    let stuck = node.app.store.mail_list_stuck(10).await.unwrap();
    assert_eq!(stuck.len(), 1);
    assert!(
        stuck[0].reason.contains("550") && !stuck[0].reason.contains("gone@"),
        "{stuck:?}"
    );
    smtp.kill().await;
    node.app.clock.advance_ms(60_000);
    send(&node).await;
    smtp.revive().await;
    for _ in 0..4 {
        node.app.clock.advance_ms(6 * 3_600_000);
        send(&node).await;
    }
    let taken = smtp.taken();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].contains("X-To: busy-2@"));
}

async fn wrong_requests_name_the_field(server: Server) {
    let node = mailing(&server, "smtp://127.0.0.1:9").await;
    let guest = node.guest().await;
    let good = json!({ "email": "a@b.example", "date": "2026-12-25", "days_before": 7 });
    for (field, value) in [
        ("email", json!("no address")),
        ("email", json!("a@b.example\r\nBcc: c@d.example")),
        ("email", json!("a@b.example, c@d.example")),
        ("email", json!(format!("{}@b.example", "a".repeat(300)))),
        ("date", json!("2026-02-30")),
        ("date", json!("2099-01-01")),
        ("days_before", json!(61)),
        ("days_before", json!(60)),
        ("date", json!("tomorrow")),
        ("days_before", json!(-1)),
        ("extra", json!(1)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let reply = node
            .post("/api/v1/reminders")
            .guest(&guest)
            .json(body.clone())
            .send()
            .await;
        assert_eq!(reply.problem(400, "invalid_request"), [field], "{body}");
    }
    let mut foreign = good.clone();
    let other = node.guest().await;
    foreign["interview_id"] = json!(node.interview(&other).await);
    let reply = node
        .post("/api/v1/reminders")
        .guest(&guest)
        .json(foreign)
        .send()
        .await;
    reply.problem(404, "not_found");
    let reply = node
        .post("/api/v1/reminders")
        .json(good.clone())
        .send()
        .await;
    reply.problem(401, "guest_unknown");
    let reply = server
        .post("/api/v1/reminders")
        .guest(&guest)
        .json(good)
        .send()
        .await;
    reply.problem(422, "unprocessable");
    assert_eq!(node.app.store.mail_status(NOW_MS).await.unwrap().due, 0);
}

async fn nobodys_mailbox_is_filled(server: Server) {
    let node = mailing(&server, "smtp://127.0.0.1:9").await;
    for email in [
        "Victim@example.com",
        "victim@example.com",
        "victim@EXAMPLE.com",
    ] {
        let guest = node.guest().await;
        ask(&node, &guest, email, "2026-12-25").await;
    }
    let guest = node.guest().await;
    let body = json!({ "email": "victim@example.com", "date": "2026-12-25", "days_before": 0 });
    let reply = node
        .post("/api/v1/reminders")
        .guest(&guest)
        .json(body)
        .send()
        .await;
    reply.problem(429, "rate_limited");
    assert!(!reply.header("retry-after").is_empty());
}

async fn addresses_are_unreadable_at_rest_and_erased_with_the_guest(server: Server) {
    let node = mailing(&server, "smtp://127.0.0.1:9").await;
    let guest = node.guest().await;
    ask(&node, &guest, "giver@example.com", "2026-12-25").await;
    let key = GuestId::parse(&guest).unwrap().key();
    let rows = node.app.store.reminder_list(&key).await.unwrap();
    let text = String::from_utf8_lossy(&rows[0].address_sealed).into_owned();
    assert!(
        !text.contains("giver") && !text.contains("example"),
        "{text}"
    );
    let gone = node.delete("/api/v1/guests/me").guest(&guest).send().await;
    assert_eq!(gone.status, 204);
    assert_eq!(node.app.store.reminder_list(&key).await.unwrap(), []);
    assert_eq!(node.app.store.mail_status(NOW_MS).await.unwrap().due, 0);
}

async fn a_guest_is_kept_until_the_reminder_was_sent(server: Server) {
    let smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let guest = node.guest().await;
    ask(&node, &guest, "giver@example.com", "2027-05-08").await;
    send(&node).await;
    node.get(&link(&smtp.taken()[0], "/reminders/confirm?token="))
        .send()
        .await;
    // Long after thirty days without a visit, with a visit in between that must not shorten it.
    node.app.clock.advance_ms(40 * DAY_MS);
    delete_expired::run_once(&node.app).await;
    assert_eq!(
        node.get("/api/v1/interviews")
            .guest(&guest)
            .send()
            .await
            .status,
        200
    );
    node.app.clock.advance_ms(119 * DAY_MS);
    delete_expired::run_once(&node.app).await;
    send(&node).await;
    assert_eq!(smtp.taken().len(), 2, "2027-05-01, seven days before");
    node.app.clock.advance_ms(8 * DAY_MS);
    delete_expired::run_once(&node.app).await;
    let unknown = node.get("/api/v1/interviews").guest(&guest).send().await;
    unknown.problem(401, "guest_unknown");
}

async fn a_confirmed_reminder_keeps_its_guest_whatever_died_before(server: Server) {
    let node = mailing(&server, "smtp://127.0.0.1:9").await;
    let guest = node.guest().await;
    let key = GuestId::parse(&guest).unwrap().key();
    // All that a process left that died right after it had stored the reminder.
    let row = ReminderRow {
        reminder_id: ReminderId::random(),
        guest: key,
        interview_id: None,
        address_sealed: vec![0],
        day: "2027-05-08".to_owned(),
        days_before: 7,
        due_ms: NOW_MS + 159 * DAY_MS,
        lang: "ko".to_owned(),
        status: "unconfirmed".to_owned(),
        created_ms: NOW_MS,
    };
    let mail = MailNew {
        mail_id: MailId::random(),
        kind: "confirmation".to_owned(),
        due_ms: NOW_MS,
    };
    let event = OutboxEvent::new(Some(key), "reminder.requested", "{}".to_owned(), NOW_MS);
    let store = &node.app.store;
    store.reminder_insert(&row, &mail, &event).await.unwrap();
    let links = seonmul_server::service::reminders::links(&node.app, &row.reminder_id).unwrap();
    let confirm = links.confirm.strip_prefix("http://gifts.example").unwrap();
    assert_eq!(node.get(confirm).send().await.status, 200);
    node.app.clock.advance_ms(158 * DAY_MS);
    delete_expired::run_once(&node.app).await;
    assert_eq!(store.reminder_list(&key).await.unwrap().len(), 1);
}

async fn mail_goes_over_tls_and_nowhere_else_when_asked(server: Server) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let made = tokio::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=localhost",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-keyout")
        .arg(path("key"))
        .arg("-out")
        .arg(path("certificate"))
        .output()
        .await
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let both = [
        std::fs::read(path("key")).unwrap(),
        std::fs::read(path("certificate")).unwrap(),
    ];
    std::fs::write(path("both"), both.concat()).unwrap();
    let smtp = Smtp::with_certificate(Some(path("both"))).await;
    let plain = Smtp::start().await;
    let node = async |port: u16, ca: &str| {
        let url = format!("smtp://localhost:{port}?tls=required");
        server
            .another(&[
                ("SEONMUL_SMTP_URL", &url),
                ("SEONMUL_ENCRYPTION_KEY", KEY),
                ("SEONMUL_SMTP_CA_FILE", ca),
            ])
            .await
    };
    let ca = path("certificate").display().to_string();
    let trusting = node(smtp.port, &ca).await;
    let guest = trusting.guest().await;
    ask(&trusting, &guest, "giver@example.com", "2026-12-25").await;
    let wary = node(smtp.port, "").await;
    let stubborn = node(plain.port, &ca).await;
    for other in [&stubborn, &wary] {
        send(other).await;
        assert_eq!(
            smtp.taken().len() + plain.taken().len(),
            0,
            "no TLS, or none that can be trusted: no mail"
        );
    }
    trusting.app.clock.advance_ms(3_600_000);
    send(&trusting).await;
    let taken = smtp.taken();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].starts_with("X-Tls: yes"), "{}", taken[0]);
}

async fn a_worker_that_died_while_sending_sends_nothing_twice(server: Server) {
    let smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let guest = node.guest().await;
    ask(&node, &guest, "giver@example.com", "2026-12-25").await;
    let store = &node.app.store;
    let claimed = store.mail_claim(NOW_MS, 60_000, 10).await.unwrap();
    assert!(store.mail_begin(&claimed[0], NOW_MS).await.unwrap());
    // It never says what became of it.
    send(&node).await;
    node.app.clock.advance_ms(DAY_MS);
    send(&node).await;
    assert_eq!(smtp.taken().len(), 0);
    let status = store.mail_status(node.app.clock.now_ms()).await.unwrap();
    assert_eq!(status.uncertain, 1);
    assert_eq!(
        store
            .mail_retry_dead(node.app.clock.now_ms())
            .await
            .unwrap(),
        1
    );
    send(&node).await;
    assert_eq!(smtp.taken().len(), 1);
}

/// Reminders of as many guests as told, confirmed and due now.
async fn due(node: &Server, count: usize) {
    let sealer = node.app.sealer().unwrap();
    let store = &node.app.store;
    let one = async |number: usize| {
        let guest = GuestId::random().key();
        let reminder_id = ReminderId::random();
        let address = format!("giver-{number}@example.com");
        let row = ReminderRow {
            address_sealed: sealer.seal(&address, reminder_id.as_str()).unwrap(),
            reminder_id,
            guest,
            interview_id: None,
            day: "2027-11-30".to_owned(),
            days_before: 7,
            due_ms: NOW_MS,
            lang: "ko".to_owned(),
            status: "confirmed".to_owned(),
            created_ms: NOW_MS,
        };
        let mail = MailNew {
            mail_id: MailId::random(),
            kind: "reminder".to_owned(),
            due_ms: NOW_MS,
        };
        let event = OutboxEvent::new(Some(guest), "reminder.confirmed", "{}".to_owned(), NOW_MS);
        let expires_ms = NOW_MS + 400 * DAY_MS;
        store
            .guest_insert(&guest, NOW_MS, expires_ms)
            .await
            .unwrap();
        store.reminder_insert(&row, &mail, &event).await.unwrap();
    };
    let all = stream::iter(0..count).map(one).buffer_unordered(32);
    all.collect::<Vec<()>>().await;
}

/// A crowd of reminders, two workers, and a mail server that is killed again and again.
async fn crowd(server: Server, count: usize, deaths: usize) {
    let mut smtp = Smtp::start().await;
    let node = mailing(&server, &smtp.url()).await;
    let other = mailing(&server, &smtp.url()).await;
    due(&node, count).await;
    let work = |node: Server| {
        tokio::spawn(async move {
            loop {
                let sent = send_mails::run_once(&node.app).await.unwrap();
                let status = node
                    .app
                    .store
                    .mail_status(node.app.clock.now_ms())
                    .await
                    .unwrap();
                if status.due + status.planned == 0 {
                    return;
                }
                if sent == 0 {
                    // What failed waits for its next try; an hour passes at once.
                    node.app.clock.advance_ms(3_600_000);
                }
            }
        })
    };
    let workers = [work(node.clone()), work(other)];
    for death in 1..=deaths {
        while smtp.taken_count() < count * death / (deaths + 1) {
            tokio::task::yield_now().await;
        }
        smtp.kill().await;
        smtp.revive().await;
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let mut received: HashMap<String, usize> = HashMap::new();
    for mail in smtp.taken() {
        let to = mail
            .lines()
            .find_map(|line| line.strip_prefix("X-To: "))
            .unwrap()
            .to_owned();
        *received.entry(to).or_default() += 1;
    }
    let twice = received.values().filter(|&&times| times > 1).count();
    assert_eq!((received.len(), twice), (count, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reminders_survive_the_death_of_the_mail_server() {
    crate::fixture::on_sqlite(&[], |server| crowd(server, 400, 2)).await;
}

/// The long form: `cargo nextest run --run-ignored only ten_thousand`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; the short form above runs always"]
async fn ten_thousand_reminders_survive_the_deaths_of_the_mail_server() {
    crate::fixture::on_mysql(&[], |server| crowd(server, 10_000, 5)).await;
}

impl Smtp {
    fn taken_count(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files
            .filter(|file| {
                file.as_ref()
                    .is_ok_and(|f| f.file_name().to_string_lossy().ends_with(".eml"))
            })
            .count()
    }
}
