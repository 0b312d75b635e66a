//! The mail server. It tells apart what matters for sending once: a mail that was surely not taken, one that was taken, and one of which
//! nobody knows.

use crate::config::{MailConfig, MailTls};
use anyhow::Context;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Longest for a connection, its greeting and its TLS.
const CONNECT: Duration = Duration::from_secs(20);
/// Longest for one command.
const COMMAND: Duration = Duration::from_secs(60);
/// Longest for the answer to the whole mail. RFC 5321 (4.5.3.2.6) asks for ten minutes; a claim lasts longer than this.
pub const LAST_ANSWER: Duration = Duration::from_secs(240);

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The server took it over.
    Taken,
    /// The server refused it, and would refuse it again.
    Refused(String),
    /// It was surely not taken: the server cannot be reached, is busy, or hung up before the end of the mail.
    NotTaken(String),
    /// The connection broke while the server was to answer for the whole mail. RFC 5321 (4.2.5) makes the server responsible only once it
    /// has answered, so it most likely has no such mail.
    Unanswered(String),
    /// The server held the whole mail for [`LAST_ANSWER`] without a word. Most likely it has the mail.
    Silent,
    /// Whoever was asked before the hand-over did not want it any more.
    Withdrawn,
}

/// Sends mails over a few connections that are kept open.
pub struct Mailer {
    config: MailConfig,
    tls: TlsParameters,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl Mailer {
    /// A sender to the server of the settings; nothing is connected yet.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn new(config: &MailConfig) -> anyhow::Result<Self> {
        super::use_ring();
        let mut tls = TlsParametersBuilder::new(config.host.clone());
        if let Some(path) = &config.ca_file {
            let pem = std::fs::read(path).with_context(|| {
                format!("{} (SEONMUL_SMTP_CA_FILE) cannot be read", path.display())
            })?;
            for certificate in Certificate::from_pem(&pem)
                .with_context(|| format!("{} holds no certificate in PEM", path.display()))
                .into_iter()
            {
                tls = tls.add_root_certificate(certificate);
            }
        }
        Ok(Self {
            config: config.clone(),
            tls: tls
                .build_rustls()
                .context("TLS cannot be set up for mail")?,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Hands a mail over. `before` is asked right before it is sent; when it answers no, nothing is.
    pub async fn send<F: Future<Output = bool>>(
        &self,
        from: &Address,
        to: &Address,
        mail: &[u8],
        before: impl FnOnce() -> F,
    ) -> Delivery {
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(reason) => return Delivery::NotTaken(reason),
        };
        let delivery = hand_over(&mut connection, from, to, mail, before).await;
        match delivery {
            Delivery::Taken => self.keep(connection),
            _ => {
                // What is left half-done on it must not meet the next mail.
                let _ = timeout(Duration::from_secs(1), connection.abort()).await;
            }
        }
        delivery
    }

    /// A connection that answers: one from before, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, String> {
        loop {
            let kept = self.idle().pop();
            let Some(mut kept) = kept else { break };
            if let Ok(true) = timeout(COMMAND, kept.test_connected()).await {
                return Ok(kept);
            }
        }
        match timeout(CONNECT, self.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(described(&error)),
            Err(_) => Err("no connection to the mail server in time".to_owned()),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let config = &self.config;
        let hello = ClientId::Domain(config.hello.clone());
        let wrapped = (config.tls == MailTls::Wrapped).then(|| self.tls.clone());
        let address = (config.host.as_str(), config.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &hello, wrapped, None)
                .await?;
        if config.tls == MailTls::Required
            || (config.tls == MailTls::Offered && connection.can_starttls())
        {
            connection.starttls(self.tls.clone(), &hello).await?;
        }
        if let Some((user, password)) = &config.credentials {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle();
        if idle.len() < self.config.connections {
            idle.push(connection);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn hand_over<F: Future<Output = bool>>(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &Address,
    mail: &[u8],
    before: impl FnOnce() -> F,
) -> Delivery {
    let mut options = Vec::new();
    if connection
        .server_info()
        .supports_feature(Extension::EightBitMime)
    {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    for command in [
        Mail::new(Some(from.clone()), options).to_string(),
        Rcpt::new(to.clone(), Vec::new()).to_string(),
    ] {
        match timeout(COMMAND, connection.command(command)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return refusal(&error),
            Err(_) => {
                return Delivery::NotTaken("the mail server did not answer in time".to_owned());
            }
        }
    }
    if !before().await {
        return Delivery::Withdrawn;
    }
    match timeout(COMMAND, connection.command(Data)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return refusal(&error),
        Err(_) => return Delivery::NotTaken("the mail server did not answer in time".to_owned()),
    }
    match timeout(LAST_ANSWER, connection.message(mail)).await {
        Ok(Ok(_)) => Delivery::Taken,
        // An answer that says no means that the server does not have it.
        Ok(Err(error)) if error.is_permanent() || error.is_transient() => refusal(&error),
        Ok(Err(error)) => Delivery::Unanswered(described(&error)),
        Err(_) => Delivery::Silent,
    }
}

fn refusal(error: &lettre::transport::smtp::Error) -> Delivery {
    let reason = described(error);
    if error.is_permanent() {
        Delivery::Refused(reason)
    } else {
        Delivery::NotTaken(reason)
    }
}

/// What went wrong, without addresses: servers like to repeat them.
fn described(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "no TLS with the mail server".to_owned(),
        None if error.is_client() => {
            "the mail server lacks what is needed (TLS, or a way to log in)".to_owned()
        }
        None => "the connection to the mail server broke".to_owned(),
    }
}
