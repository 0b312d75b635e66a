//! The processes of a deployment, each of which can be killed, paused and started again on its port and its files.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// What a deployment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One server and one worker on one SQLite file.
    Sqlite,
    /// Two servers and two workers, MariaDB, Redis.
    MySqlRedis,
    /// Three servers and three workers, each on its own node of a Galera cluster, and Redis.
    Galera,
}

/// A process and how to start it again.
pub struct Process {
    pub name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(
        name: &str,
        folder: &Path,
        command: Vec<String>,
        environment: Vec<(String, String)>,
    ) -> Self {
        let log = folder.join(format!("{name}.log"));
        let child = spawn(&command, &environment, &[], &log);
        Self {
            name: name.to_owned(),
            command,
            environment,
            child,
            log,
        }
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, with some more variables.
    pub fn restart(&mut self, more: &[(&str, String)]) {
        self.child = spawn(&self.command, &self.environment, more, &self.log);
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn signal(&self, signal: &str) {
        // A process that ended by itself takes no signal, which the next restart mends.
        let _ = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .output();
    }

    /// Lets its files grow to so many bytes and no further; `unlimited` lifts it.
    pub fn limit_files(&self, bytes: &str) {
        let (pid, limit) = (self.child.id().to_string(), format!("--fsize={bytes}:"));
        let done = Command::new("prlimit")
            .args(["--pid", &pid, &limit])
            .output();
        assert!(done.is_ok(), "prlimit is of util-linux");
    }

    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    command: &[String],
    environment: &[(String, String)],
    more: &[(&str, String)],
    log: &Path,
) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    // A write beyond the limit of a file is an error like that of a full disk, and not a signal that ends the process.
    let script = "trap '' XFSZ; exec \"$@\"";
    Command::new("sh")
        .args(["-c", script, "sh"])
        .args(command)
        .envs(environment.iter().map(|(k, v)| (k, v)))
        .envs(more.iter().map(|(k, v)| (k, v)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn strings<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

/// All of a deployment.
pub struct Deployment {
    pub kind: Kind,
    pub servers: Vec<Process>,
    pub workers: Vec<Process>,
    pub databases: Vec<Process>,
    pub redis: Option<Process>,
    pub addresses: Vec<String>,
    pub database_url: String,
    folder: TempDir,
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_seonmul");

impl Deployment {
    pub async fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let mut shared = vec![
            (
                "SEONMUL_OBJECT_STORE_URL".to_owned(),
                path.join("objects").display().to_string(),
            ),
            ("SEONMUL_RATE_LIMIT_PER_MINUTE".to_owned(), "0".to_owned()),
            ("SEONMUL_EVENT_LOG_SECONDS".to_owned(), "1".to_owned()),
            ("SEONMUL_WORKER".to_owned(), "off".to_owned()),
            ("SEONMUL_LOG".to_owned(), "warn".to_owned()),
        ];
        let (databases, urls) = match kind {
            Kind::Sqlite => {
                let url = format!("sqlite:{}", path.join("seonmul.db").display());
                (Vec::new(), vec![url])
            }
            Kind::MySqlRedis => {
                let (process, url) = mariadb(&path);
                wait_for_database(&url).await;
                (vec![process], vec![url.clone(), url])
            }
            Kind::Galera => galera(&path).await,
        };
        let redis = match kind {
            Kind::Sqlite => None,
            Kind::MySqlRedis | Kind::Galera => {
                let port = free_port().to_string();
                let command = strings([
                    "redis-server",
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    &port,
                    "--save",
                    "",
                ]);
                let url = format!("redis://127.0.0.1:{port}");
                shared.push(("SEONMUL_REDIS_URL".to_owned(), url));
                Some(Process::start("redis", &path, command, Vec::new()))
            }
        };
        let (mut servers, mut workers, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for (node, url) in urls.iter().enumerate() {
            let mut shared = shared.clone();
            shared.push(("SEONMUL_DATABASE_URL".to_owned(), url.clone()));
            let listen = format!("127.0.0.1:{}", free_port());
            let mut environment = shared.clone();
            environment.push(("SEONMUL_LISTEN".to_owned(), listen.clone()));
            addresses.push(format!("http://{listen}"));
            let command = strings([PROGRAM, "serve"]);
            servers.push(Process::start(
                &format!("serve-{node}"),
                &path,
                command,
                environment,
            ));
            // The first node loads the sample catalogue; the others find it.
            ready(&addresses[node], &mut servers[node]).await;
            let command = strings([PROGRAM, "worker"]);
            workers.push(Process::start(
                &format!("worker-{node}"),
                &path,
                command,
                shared.clone(),
            ));
        }
        Self {
            kind,
            servers,
            workers,
            databases,
            redis,
            addresses,
            database_url: urls[0].clone(),
            folder,
        }
    }

    pub fn objects(&self) -> PathBuf {
        self.folder.path().join("objects")
    }

    /// Lets everything run again, and waits until every server can serve.
    pub async fn heal(&mut self) {
        let databases = self.databases.iter_mut();
        let parts = databases
            .chain(&mut self.redis)
            .chain(&mut self.servers)
            .chain(&mut self.workers);
        for part in parts {
            part.signal("-CONT");
            part.limit_files("unlimited");
            if !part.is_running() {
                part.restart(&[]);
            }
        }
        for (address, server) in self.addresses.iter().zip(&mut self.servers) {
            ready(address, server).await;
        }
    }

    /// Runs the program with a command of its own, to its end.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .env("SEONMUL_DATABASE_URL", &self.database_url)
            .env("SEONMUL_OBJECT_STORE_URL", self.objects())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A MariaDB of our own, and the address of a database in it.
fn mariadb(folder: &Path) -> (Process, String) {
    let data = folder.join("mysql").display().to_string();
    let mut user = Vec::new();
    if std::fs::metadata("/proc/self")
        .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
    {
        user.push("--user=root".to_owned());
    }
    let installed = Command::new("mariadb-install-db")
        .args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ])
        .args(&user)
        .arg(format!("--datadir={data}"))
        .output()
        .unwrap();
    assert!(
        installed.status.success(),
        "{}",
        String::from_utf8_lossy(&installed.stderr)
    );
    let port = free_port().to_string();
    let mut command = strings([
        "mariadbd",
        "--no-defaults",
        "--bind-address=127.0.0.1",
        "--max-connections=300",
    ]);
    command.extend(user);
    command.extend([
        format!("--datadir={data}"),
        format!("--port={port}"),
        format!("--socket={}", folder.join("socket").display()),
    ]);
    let process = Process::start("mariadb", folder, command, Vec::new());
    (process, format!("mysql://root@127.0.0.1:{port}/seonmul"))
}

/// Waits until a database answers, and makes sure that it is there.
async fn wait_for_database(url: &str) {
    let server = url.strip_suffix("/seonmul").unwrap();
    until("the database answers", async || {
        use sqlx::Connection;
        let Ok(mut connection) = sqlx::MySqlConnection::connect(server).await else {
            return false;
        };
        let made = sqlx::raw_sql("CREATE DATABASE IF NOT EXISTS seonmul");
        made.execute(&mut connection).await.is_ok()
    })
    .await;
}

/// Three nodes of a cluster, and the addresses of the database on each. Debian's state transfer by rsync does not run as root.
async fn galera(folder: &Path) -> (Vec<Process>, Vec<String>) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder, mode).unwrap();
    let bases: Vec<u16> = (0..3).map(|_| free_port()).collect();
    let members: Vec<String> = bases
        .iter()
        .map(|base| format!("127.0.0.1:{base}"))
        .collect();
    let (mut nodes, mut urls) = (Vec::new(), Vec::new());
    for (node, base) in bases.iter().enumerate() {
        let home = folder.join(format!("galera-{node}"));
        let made = Command::new("install")
            .args(["-d", "-o", "mysql"])
            .arg(&home)
            .output();
        assert!(made.unwrap().status.success(), "the user mysql is needed");
        let data = home.join("data").display().to_string();
        let installed = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--user=mysql", "--skip-test-db"])
            .arg("--auth-root-authentication-method=normal")
            .arg(format!("--datadir={data}"))
            .output()
            .unwrap();
        assert!(
            installed.status.success(),
            "{}",
            String::from_utf8_lossy(&installed.stderr)
        );
        let (port, transfer, increments) = (free_port(), free_port(), free_port());
        let command = vec![
            "mariadbd".to_owned(),
            "--no-defaults".to_owned(),
            "--user=mysql".to_owned(),
            format!("--datadir={data}"),
            format!("--socket={}", home.join("socket").display()),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--port={port}"),
            "--max-connections=300".to_owned(),
            "--binlog-format=ROW".to_owned(),
            "--innodb-autoinc-lock-mode=2".to_owned(),
            "--wsrep-on=ON".to_owned(),
            "--wsrep-provider=/usr/lib/galera/libgalera_smm.so".to_owned(),
            format!("--wsrep-cluster-address=gcomm://{}", members.join(",")),
            format!("--wsrep-node-address=127.0.0.1:{base}"),
            format!("--wsrep-node-name=node-{node}"),
            "--wsrep-sst-method=rsync".to_owned(),
            format!("--wsrep-sst-receive-address=127.0.0.1:{transfer}"),
            format!(
                "--wsrep-provider-options=base_port={base};gmcast.listen_addr=tcp://127.0.0.1:{base};ist.recv_addr=127.0.0.1:{increments}"
            ),
            // A guest finds on every node what another one acknowledged.
            "--wsrep-sync-wait=7".to_owned(),
        ];
        let url = format!("mysql://root@127.0.0.1:{port}/seonmul");
        let mut first = command.clone();
        if node == 0 {
            first.push("--wsrep-new-cluster".to_owned());
        }
        let name = format!("galera-{node}");
        let mut process = Process::start(&name, folder, first, Vec::new());
        // Whoever comes back joins the others.
        process.command = command;
        wait_for_database(&url).await;
        nodes.push(process);
        urls.push(url);
    }
    (nodes, urls)
}

async fn ready(address: &str, process: &mut Process) {
    let url = format!("{address}/readyz");
    let http = client();
    let what = format!("{} is ready", process.name);
    until(&what, async || {
        if !process.is_running() {
            eprintln!("{} ended:\n{}", process.name, process.log_tail());
            process.restart(&[]);
        }
        http.get(&url)
            .send()
            .await
            .is_ok_and(|reply| reply.status() == 200)
    })
    .await;
}

/// Looks every 50 ms until something is so, for two minutes at most.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let looks = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(120), looks).await;
    assert!(in_time.is_ok(), "{what}: not within two minutes");
}

/// A client that gives up soon, as a page would.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .no_proxy()
        .build()
        .unwrap()
}
