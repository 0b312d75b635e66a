//! A server for one test: its own database, cache prefix, object store, a fixed clock and a small catalogue.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use seonmul_engine::catalogue::Product;
use seonmul_server::app::{App, AppState};
use seonmul_server::clock::Clock;
use seonmul_server::config::{Config, Sources};
use seonmul_server::http::router::router;
use seonmul_server::jobs::{build_catalogue, swap_catalogue};
use seonmul_server::service::imports::import_products;
use seonmul_store::{Cache, InterviewId, Store, StoreOptions};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use tower::ServiceExt;

/// When tests take place: 2026-11-23T00:00:00Z.
pub const NOW_MS: i64 = 1_795_392_000_000;
pub const ADMIN: &str = "an-admin-token-for-tests";
/// In place of a setting: a shop without products and without a catalogue.
pub const EMPTY: (&str, &str) = ("(empty)", "");

/// A server of one test.
#[derive(Clone)]
pub struct Server {
    pub app: App,
    pub router: Router,
    parts: Parts,
}

/// What a server is made of, so that another node or another setting can be tried on the same database.
#[derive(Clone)]
struct Parts {
    store: Store,
    cache: Cache,
    objects: String,
}

impl Server {
    fn new(parts: Parts, settings: &[(&str, &str)]) -> Self {
        let mut all = BTreeMap::from([
            ("SEONMUL_ADMIN_TOKEN", ADMIN),
            ("SEONMUL_RATE_LIMIT_PER_MINUTE", "0"),
            ("SEONMUL_OBJECT_STORE_URL", parts.objects.as_str()),
        ]);
        all.extend(settings.iter().copied().filter(|setting| *setting != EMPTY));
        let all = all.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));
        let config = Config::from_sources(&Sources::from_parts(all, None).unwrap()).unwrap();
        let app = AppState::new(
            config,
            parts.store.clone(),
            parts.cache.clone(),
            Clock::fixed(NOW_MS),
        )
        .unwrap();
        Self {
            router: router(app.clone()),
            app,
            parts,
        }
    }

    /// Another node on the same database, with other settings.
    pub async fn another(&self, settings: &[(&str, &str)]) -> Self {
        let other = Self::new(self.parts.clone(), settings);
        swap_catalogue::run_once(&other.app).await;
        other
    }

    async fn fill(&self) {
        import_products(&self.app, products(), "test")
            .await
            .unwrap();
        build_catalogue::build(&self.app, |_| {}).await.unwrap();
        assert_eq!(
            swap_catalogue::run_once(&self.app).await,
            swap_catalogue::Outcome::Swapped
        );
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        Call {
            router: self.router.clone(),
            request,
        }
    }

    /// A new guest's id.
    pub async fn guest(&self) -> String {
        let reply = self.post("/api/v1/guests").send().await;
        assert_eq!(reply.status, StatusCode::CREATED);
        reply.json()["guest_id"].as_str().unwrap().to_owned()
    }

    /// A new interview's id.
    pub async fn interview(&self, guest: &str) -> String {
        let reply = self.post("/api/v1/interviews").guest(guest).send().await;
        assert_eq!(reply.status, StatusCode::CREATED);
        reply.json()["interview_id"].as_str().unwrap().to_owned()
    }

    /// Answers a question and gives the interview.
    pub async fn answer(
        &self,
        guest: &str,
        interview: &str,
        question: &str,
        answer: Value,
    ) -> Value {
        let path = format!("/api/v1/interviews/{interview}/answers/{question}");
        let reply = self.put(&path).guest(guest).json(answer).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()
    }

    /// Answers all six fixed questions.
    pub async fn answer_all(&self, guest: &str, interview: &str) -> Value {
        for (question, answer) in [
            ("relation", json!({ "choice": "lover" })),
            ("gender", json!({ "choice": "male" })),
            ("age_band", json!({ "choice": "30s" })),
            (
                "budget",
                json!({ "range": { "min": 20_000, "max": 100_000 } }),
            ),
            ("occasion", json!({ "choice": "birthday" })),
        ] {
            self.answer(guest, interview, question, answer).await;
        }
        self.answer(guest, interview, "category", json!({ "skipped": true }))
            .await
    }
}

/// A request that is being written.
pub struct Call {
    router: Router,
    request: Request<Body>,
}

impl Call {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request
            .headers_mut()
            .append(name, value.parse().unwrap());
        self
    }

    pub fn guest(self, id: &str) -> Self {
        self.header("x-guest-id", id)
    }

    pub fn admin(self) -> Self {
        self.header("authorization", &format!("Bearer {ADMIN}"))
    }

    pub fn json(self, body: Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", content_type)
    }

    pub fn peer(mut self, address: &str) -> Self {
        let peer: SocketAddr = address.parse().unwrap();
        self.request.extensions_mut().insert(ConnectInfo(peer));
        self
    }

    pub async fn send(self) -> Reply {
        let response = self.router.oneshot(self.request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// What was answered.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Checks the form of a problem and gives its fields at fault.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Vec<String> {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(
            (&body["code"], &body["status"]),
            (&json!(code), &json!(status)),
            "{body}"
        );
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert!(
            body["title"].is_string() && body["type"].is_string() && body["detail"].is_string(),
            "{body}"
        );
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        assert!(
            errors
                .iter()
                .all(|e| e["message"].as_str().is_some_and(|m| !m.is_empty())),
            "{body}"
        );
        errors
            .iter()
            .map(|e| e["field"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub async fn on_sqlite<F>(settings: &[(&str, &str)], test: impl FnOnce(Server) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("seonmul.db").display());
    let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    let server = Server::new(
        Parts {
            store,
            cache: Cache::memory(),
            objects: objects(folder.path()),
        },
        settings,
    );
    if !settings.contains(&EMPTY) {
        server.fill().await;
    }
    test(server).await;
}

pub async fn on_mysql<F>(
    settings: &'static [(&'static str, &'static str)],
    test: impl FnOnce(Server) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let address = variable("SEONMUL_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306");
    let redis = variable("SEONMUL_TEST_REDIS_URL", "redis://127.0.0.1:6379");
    let address = address.trim_end_matches('/');
    let name = format!("seonmul_test_{}", InterviewId::random());
    let mut admin = MySqlConnection::connect(address).await.unwrap();
    run(&mut admin, format!("CREATE DATABASE {name}")).await;
    let url = format!("{address}/{name}");
    let prefix = format!("{name}:");
    // In a task, so that the database is dropped when the test fails too.
    let outcome = tokio::spawn(async move {
        let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
        store.migrate().await.unwrap();
        let cache = Cache::redis_with_prefix(&redis, &prefix).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let objects = objects(folder.path());
        let server = Server::new(
            Parts {
                store: store.clone(),
                cache,
                objects,
            },
            settings,
        );
        if !settings.contains(&EMPTY) {
            server.fill().await;
        }
        test(server).await;
        store.close().await;
    })
    .await;
    run(&mut admin, format!("DROP DATABASE {name}")).await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

async fn run(connection: &mut MySqlConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

fn objects(folder: &Path) -> String {
    folder.join("objects").display().to_string()
}

pub fn variable(name: &str, example: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told where their servers are"
    )]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| {
        panic!("set {name}, for example to {example}; these tests are not optional")
    })
}

/// Makes a test of each function, once on SQLite and once on MySQL with Redis.
macro_rules! on_both {
    ($($test:ident $(with $settings:expr)?),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::fixture::on_sqlite($crate::fixture::settings!($($settings)?), super::$test).await;
            })+
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::fixture::on_mysql($crate::fixture::settings!($($settings)?), super::$test).await;
            })+
        }
    };
}
pub(crate) use on_both;

macro_rules! settings {
    () => {
        &[]
    };
    ($settings:expr) => {
        $settings
    };
}
pub(crate) use settings;

/// A small shop: things for many tastes, from 18,000 to 180,000 won.
pub fn products() -> Vec<Product> {
    let things = [
        ("터치식 무드등 은은한 밝기", "인테리어 > 조명", 24_000),
        ("분위기 조명 달 모양 무드등", "인테리어 > 조명", 39_000),
        ("소이 캔들 라벤더 향초", "인테리어 > 향", 18_000),
        ("우드 디퓨저 200ml", "인테리어 > 향", 29_000),
        ("카본 낚싯대 루어대 2.1m", "캠핑·아웃도어 > 낚시", 89_000),
        ("스피닝릴 3000번 알루미늄", "캠핑·아웃도어 > 낚시", 75_000),
        ("낚시 태클박스 3단", "캠핑·아웃도어 > 낚시", 32_000),
        ("게이밍 헤드셋 7.1채널", "디지털 > 게임", 69_000),
        ("무선 게이밍 마우스", "디지털 > 게임", 45_000),
        ("기계식 키보드 적축", "디지털 > PC", 99_000),
        ("블루투스 스피커 휴대용", "디지털 > 음향", 49_000),
        ("무선 이어폰 노이즈 캔슬링", "디지털 > 음향", 129_000),
        ("홍삼 스틱 30포", "건강 > 홍삼", 55_000),
        ("비타민C 90정", "건강 > 영양제", 19_000),
        ("한우 등심 선물세트 1kg", "식품 > 정육", 150_000),
        ("수제 초콜릿 16구", "식품 > 간식", 28_000),
        ("제주 감귤 5kg", "식품 > 과일", 25_000),
        ("드립백 커피 20개", "식품 > 커피", 22_000),
        ("남성 가죽 반지갑", "패션 > 지갑", 59_000),
        ("캐시미어 머플러", "패션 > 머플러", 79_000),
        ("남성 손목시계 메탈", "주얼리·시계 > 시계", 180_000),
        ("실버 목걸이 하트", "주얼리·시계 > 목걸이", 65_000),
        ("핸드크림 3종 세트", "뷰티 > 핸드케어", 21_000),
        ("전기면도기 방수", "뷰티 > 남성", 98_000),
        ("프라모델 로봇 1/100", "취미 > 프라모델", 48_000),
        ("보드게임 2인용", "취미 > 보드게임", 35_000),
        ("캠핑 랜턴 충전식", "캠핑·아웃도어 > 캠핑", 42_000),
        ("캠핑 의자 접이식", "캠핑·아웃도어 > 캠핑", 38_000),
        ("요가 매트 10mm", "스포츠 > 요가", 27_000),
        ("골프공 12구", "스포츠 > 골프", 45_000),
        ("만년필 입문용", "도서·문구 > 필기구", 33_000),
        ("가죽 다이어리", "도서·문구 > 다이어리", 26_000),
        ("도자기 머그컵 2개 세트", "주방 > 컵", 23_000),
        ("에어프라이어 4L", "주방 > 가전", 89_000),
        ("고급 수건 세트 5장", "생활 > 수건", 30_000),
        ("목 어깨 마사지기", "건강 > 안마", 85_000),
        ("테라리움 키트", "꽃·식물 > 식물", 31_000),
        ("장미 꽃다발", "꽃·식물 > 꽃", 45_000),
        ("전망대 입장권 2인", "체험 > 나들이", 54_000),
        ("기내용 캐리어 20인치", "여행 > 가방", 119_000),
    ];
    let product = |(i, (title, category, price)): (usize, (&str, &str, u32))| Product {
        product_id: format!("t-{i:02}"),
        title: title.to_owned(),
        title_original: title.to_owned(),
        brand: None,
        category: category.split(" > ").map(str::to_owned).collect(),
        price,
        currency: "KRW".to_owned(),
        image_url: None,
        url: None,
        seller: None,
        rating: None,
        rating_count: None,
        description: format!("{title}입니다."),
        tags: Vec::new(),
        audience: Vec::new(),
        sponsored: false,
        delivery_days: None,
        price_as_of_ms: NOW_MS,
    };
    things.into_iter().enumerate().map(product).collect()
}

/// The Python that has duckdb, moto and aiosmtpd.
pub fn python(arguments: &[&str]) -> tokio::process::Command {
    let program = variable("SEONMUL_TEST_PYTHON", "venv/bin/python");
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).kill_on_drop(true);
    command
}
