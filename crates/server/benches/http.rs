//! Requests per second and latency of `POST /api/v1/recommendations`, durable, on SQLite and (with `SEONMUL_TEST_MYSQL_URL`) on
//! MySQL, beside a plain handler of the same server that answers the same bytes; and the speed of reading a feed.
//! `cargo bench -p seonmul-server --bench http`

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::post;
use seonmul_server::app::{App, AppState};
use seonmul_server::config::{Config, Sources};
use seonmul_server::feeds::{FeedFormat, FeedOptions, FeedReader};
use seonmul_server::http::{router, serve};
use seonmul_server::jobs::fill_catalogue;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// As in the program.
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(8);
const BODY: &str = r#"{"profile":{"relation":"lover","gender":"male","age_band":"20s","occasion":"birthday","budget":{"min":30000,"max":100000}},"keywords":["낚시","캠핑 의자","텀블러","무드등","이어폰"]}"#;

#[expect(
    clippy::disallowed_methods,
    reason = "a bench has no configuration but its environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn shop(database: &str, objects: &str) -> App {
    let settings = [
        ("SEONMUL_DATABASE_URL", database),
        ("SEONMUL_OBJECT_STORE_URL", objects),
        ("SEONMUL_RATE_LIMIT_PER_MINUTE", "0"),
        ("SEONMUL_DATABASE_CONNECTIONS", "16"),
    ];
    let settings = settings.map(|(k, v)| (k.to_owned(), v.to_owned()));
    let config = Config::from_sources(&Sources::from_parts(settings, None).expect("settings"))
        .expect("a configuration");
    let app = AppState::connect(config).await.expect("a database");
    fill_catalogue::run_once(&app)
        .await
        .expect("the sample catalogue");
    app
}

async fn listen(app: &App, router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = app.clone();
    tokio::spawn(async move { serve::serve(&app, listener, router).await });
    address
}

/// A connection that is kept open, and the little of HTTP that a bench needs.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self {
            stream,
            buffer: Vec::with_capacity(32 << 10),
        }
    }

    /// Sends a request and returns status and body.
    async fn post(&mut self, path: &str, guest: &str, body: &str) -> (u16, Vec<u8>) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nX-Guest-Id: {guest}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream
            .write_all(request.as_bytes())
            .await
            .expect("sent");
        self.buffer.clear();
        let (head, length) = loop {
            assert!(
                self.stream.read_buf(&mut self.buffer).await.expect("read") > 0,
                "the server hung up"
            );
            if let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
                let length = head
                    .lines()
                    .find_map(|l| l.strip_prefix("content-length: "))
                    .expect("a length");
                break (end + 4, length.trim().parse::<usize>().expect("a number"));
            }
        };
        while self.buffer.len() < head + length {
            assert!(
                self.stream.read_buf(&mut self.buffer).await.expect("read") > 0,
                "the server hung up"
            );
        }
        let status = std::str::from_utf8(&self.buffer[9..12])
            .expect("a status")
            .parse()
            .expect("a number");
        (status, self.buffer[head..head + length].to_vec())
    }
}

struct Figures {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

async fn load(address: SocketAddr, path: &'static str, guest: &str) -> Figures {
    let mut clients = Vec::new();
    let start = Instant::now();
    for _ in 0..CONNECTIONS {
        let guest = guest.to_owned();
        clients.push(tokio::spawn(async move {
            let mut client = Client::connect(address).await;
            let mut times = Vec::new();
            while start.elapsed() < ROUND {
                let sent = Instant::now();
                let (status, _) = client.post(path, &guest, BODY).await;
                assert_eq!(status, 201);
                times.push(sent.elapsed());
            }
            times
        }));
    }
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client"));
    }
    let elapsed = start.elapsed();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Figures {
        per_second: times.len() as f64 / elapsed.as_secs_f64(),
        p50: at(0.5),
        p99: at(0.99),
    }
}

async fn compare(name: &str, app: App) {
    let address = listen(&app, router::router(app.clone())).await;
    let mut client = Client::connect(address).await;
    let (_, guest) = client.post("/api/v1/guests", "", "").await;
    let guest: serde_json::Value = serde_json::from_slice(&guest).expect("JSON");
    let guest = guest["guest_id"].as_str().expect("a guest").to_owned();
    let (status, body) = client.post("/api/v1/recommendations", &guest, BODY).await;
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    let bytes = bytes::Bytes::from(body);
    let size = bytes.len();
    let plain = post(move || {
        let bytes = bytes.clone();
        async move {
            (
                StatusCode::CREATED,
                [(header::CONTENT_TYPE, "application/json")],
                bytes,
            )
        }
    });
    let plain = listen(
        &app,
        router::surrounded(Router::new().route("/plain", plain), app.clone()),
    )
    .await;

    let (mut durable, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        durable.push(load(address, "/api/v1/recommendations", &guest).await);
        bare.push(load(plain, "/plain", &guest).await);
    }
    let median = |mut figures: Vec<Figures>| {
        figures.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        figures.swap_remove(1)
    };
    let (durable, bare) = (median(durable), median(bare));
    for (what, f) in [("recommendations", &durable), ("plain", &bare)] {
        println!(
            "{name} {what}: {:.0} requests/s, p50 {:?}, p99 {:?}, {size} bytes",
            f.per_second, f.p50, f.p99
        );
    }
    println!("{name} ratio: {:.3}", durable.per_second / bare.per_second);
}

/// Rows per second of NDJSON, parsed and validated.
fn feed() {
    let row = |n: u32| {
        format!(
            "{{\"product_id\":\"p{n}\",\"title\":\"[단독] 은은한 무드등 {n}호 무료배송\",\"brand\":\"브랜드{}\",\"category\":\"인테리어 > 조명\",\"price\":{},\
             \"url\":\"https://shop.example/p/{n}\",\"image_url\":\"https://img.example/{n}.jpg\",\"rating\":4.5,\"rating_count\":{n},\"tags\":[\"조명\",\"선물\"]}}\n",
            n % 500,
            10_000 + n % 90_000
        )
    };
    let text: String = (0..200_000).map(row).collect();
    let options = FeedOptions {
        currency: "KRW".to_owned(),
        now_ms: 0,
        source: "bench".to_owned(),
    };
    let start = Instant::now();
    let rows = FeedReader::open(FeedFormat::Ndjson, text.as_bytes(), &options)
        .expect("a feed")
        .filter(Result::is_ok)
        .count();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "feed: {:.0} NDJSON rows/s, {:.0} MB/s",
        rows as f64 / seconds,
        text.len() as f64 / 1e6 / seconds
    );
}

#[tokio::main]
async fn main() {
    feed();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    compare(
        "sqlite",
        shop(
            &format!("sqlite:{}", path("bench.db")),
            &path("sqlite-objects"),
        )
        .await,
    )
    .await;
    let Some(url) = variable("SEONMUL_TEST_MYSQL_URL") else {
        println!("mysql: set SEONMUL_TEST_MYSQL_URL to measure it");
        return;
    };
    let mut connection = MySqlConnection::connect(&url).await.expect("MySQL");
    let database = format!("seonmul_bench_{}", std::process::id());
    let statement = |verb: &str| AssertSqlSafe(format!("{verb} DATABASE {database}"));
    sqlx::raw_sql(statement("CREATE"))
        .execute(&mut connection)
        .await
        .expect("a database");
    compare(
        "mysql",
        shop(&format!("{url}/{database}"), &path("mysql-objects")).await,
    )
    .await;
    sqlx::raw_sql(statement("DROP"))
        .execute(&mut connection)
        .await
        .expect("the database is dropped");
}
