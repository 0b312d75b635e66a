//! The real program on a free port, and a real browser.

use fantoccini::{Client, ClientBuilder};
use serde_json::json;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but their environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn needed(name: &str, example: &str) -> String {
    variable(name).unwrap_or_else(|| panic!("set {name}, for example to {example}; ./test.sh does"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits for a program to listen; the pause between two tries is no part of what is tested.
async fn listening(port: u16, child: &mut Child) {
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        if let Some(status) = child.try_wait().expect("a status") {
            panic!("the program ended before it listened: {status}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing listens on {port} after 30 s");
}

/// A shop with the sample catalogue.
pub struct Shop {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With settings of its own.
    pub async fn open_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let mut child = Command::new(env!("CARGO_BIN_EXE_seonmul"))
            .arg("serve")
            .current_dir(folder.path())
            .env("SEONMUL_LISTEN", format!("127.0.0.1:{port}"))
            .env("SEONMUL_RATE_LIMIT_PER_MINUTE", "0")
            .env("SEONMUL_LOG", "warn")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .expect("seonmul starts");
        listening(port, &mut child).await;
        Self {
            child,
            port,
            _folder: folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    On,
    Off,
}

/// Headless Chromium.
pub struct Browser {
    pub client: Client,
    driver: Child,
    profile: TempDir,
}

impl Browser {
    pub async fn start(script: Script, width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let mut driver = Command::new(needed("SEONMUL_TEST_CHROMEDRIVER", "/usr/bin/chromedriver"))
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        listening(port, &mut driver).await;
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": needed("SEONMUL_TEST_CHROMIUM", "/usr/bin/chromium"),
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    format!("--user-data-dir={}", profile.path().display()), format!("--window-size={width},{height}"),
                ],
                "prefs": { "profile.managed_default_content_settings.javascript": if script == Script::On { 1 } else { 2 } },
            }
        });
        let capabilities = capabilities.as_object().expect("an object").clone();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        Self {
            client,
            driver,
            profile,
        }
    }

    pub async fn stop(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Browser {
    /// Ends the driver and, if a test failed before it could close the session, the browser too.
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let browser = format!("user-data-dir={}", self.profile.path().display());
        let _ = Command::new("pkill")
            .args(["-KILL", "-f", &browser])
            .status();
    }
}

/// Keeps a picture of the page for people to look at, if `SEONMUL_TEST_PICTURES` names a folder.
pub async fn picture(client: &Client, name: &str) {
    if let Some(folder) = variable("SEONMUL_TEST_PICTURES") {
        std::fs::create_dir_all(&folder).expect("a folder");
        let png = client.screenshot().await.expect("a picture");
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), png).expect("a file");
    }
}
