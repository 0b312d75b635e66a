//! Rate limits: so many requests a minute for a guest, ten times that for an address.

use super::extract::presented_guest;
use crate::app::{App, AppState};
use crate::error::{Error, Result};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(60);
const ADDRESS_FACTOR: u32 = 10;
/// Paths that monitors and browsers' own fetches use; they cost nothing and must answer under load.
const UNLIMITED: [&str; 6] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/docs",
    "/assets/",
    "/pictures/",
];

/// Refuses requests beyond the limits.
pub async fn limit_rate(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if app.config.rate_limit_per_minute == 0
        || UNLIMITED.iter().any(|prefix| path.starts_with(prefix))
    {
        return next.run(request).await;
    }
    let address = client_network(&app, request.headers(), request.extensions());
    let guest = presented_guest(request.headers()).map(|id| id.key().to_hex());
    match check(&app, address, guest).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn check(app: &AppState, address: Option<IpAddr>, guest: Option<String>) -> Result<()> {
    let limit = app.config.rate_limit_per_minute;
    if let Some(network) = address {
        let key = format!("rate:address:{network}");
        check_one(app, &key, limit.saturating_mul(ADDRESS_FACTOR), "address").await?;
    }
    if let Some(guest) = guest {
        check_one(app, &format!("rate:guest:{guest}"), limit, "guest").await?;
    }
    Ok(())
}

async fn check_one(app: &AppState, key: &str, limit: u32, scope: &'static str) -> Result<()> {
    let decision = app
        .cache
        .rate_check(key, limit, WINDOW, app.clock.now_ms())
        .await;
    if decision.allowed {
        return Ok(());
    }
    app.metrics.rate_limited(scope);
    Err(Error::RateLimited {
        retry_after: decision.retry_after,
    })
}

/// The network that a request comes from, as limits count it.
pub fn client_network(
    app: &AppState,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Option<IpAddr> {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip());
    client_address(headers, peer, app.config.proxy_hops).map(network)
}

/// The address of the client: the peer, or the entry of `X-Forwarded-For` that the outermost trusted proxy wrote.
fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, proxy_hops: u32) -> Option<IpAddr> {
    let Some(back) = proxy_hops.checked_sub(1) else {
        return peer;
    };
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect();
    let index = entries.len().checked_sub(1 + usize::try_from(back).ok()?);
    index.and_then(|i| entries[i].parse().ok()).or(peer)
}

/// Whoever has one IPv6 address has a whole /64 of them, so those share a limit.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn forwarded_addresses_are_believed_only_from_trusted_proxies() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            HeaderValue::from_static("6.6.6.6, 1.1.1.1, 2.2.2.2"),
        );
        let peer: Option<IpAddr> = "9.9.9.9".parse().ok();
        let address = |hops| client_address(&headers, peer, hops).map(|a| a.to_string());
        assert_eq!(address(0).as_deref(), Some("9.9.9.9"));
        assert_eq!(address(1).as_deref(), Some("2.2.2.2"));
        assert_eq!(address(2).as_deref(), Some("1.1.1.1"));
        assert_eq!(address(9).as_deref(), Some("9.9.9.9"));
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let network = |a: &str| network(a.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
