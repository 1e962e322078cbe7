//! How a connection is made: bounded name resolution, TCP, TLS by aws-lc-rs, and a mark at the
//! moment when the first byte of the request leaves.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector, Transport,
};

use super::Limits;
use crate::resolve;

/// An agent for one exchange; `sent` becomes true before the first byte of the request leaves.
pub(super) fn agent(limits: &Limits, sent: Arc<AtomicBool>) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .max_idle_connections(0)
        .user_agent(concat!("ChatHub/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls_config())
        .timeout_global(Some(limits.total))
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .build();
    let connector = TcpConnector::default().chain(SharedTls).chain(MarkSent(sent));
    ureq::Agent::with_parts(config, connector, BoundedResolver)
}

/// The provider is named here because rustls would otherwise want a process-wide default.
fn tls_config() -> TlsConfig {
    static CONFIG: OnceLock<TlsConfig> = OnceLock::new();
    CONFIG
        .get_or_init(|| {
            TlsConfig::builder()
                .provider(TlsProvider::Rustls)
                .root_certs(RootCerts::WebPki)
                .unversioned_rustls_crypto_provider(Arc::new(
                    rustls::crypto::aws_lc_rs::default_provider(),
                ))
                .build()
        })
        .clone()
}

/// The process's one TLS connector, which keeps the parsed root certificates.
#[derive(Debug)]
struct SharedTls;

impl<In: Transport> Connector<In> for SharedTls {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        static TLS: OnceLock<RustlsConnector> = OnceLock::new();
        TLS.get_or_init(RustlsConnector::default).connect(details, chained)
    }
}

#[derive(Debug)]
struct MarkSent(Arc<AtomicBool>);

impl<In: Transport> Connector<In> for MarkSent {
    type Out = Marked<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(|inner| Marked { inner, sent: self.0.clone() }))
    }
}

#[derive(Debug)]
struct Marked<T> {
    inner: T,
    sent: Arc<AtomicBool>,
}

impl<T: Transport> Transport for Marked<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.sent.store(true, Ordering::Relaxed);
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Addresses need no look-up. A thread that cannot be had for one is an error here, where ureq's own
/// resolver would panic.
#[derive(Debug)]
struct BoundedResolver;

impl Resolver for BoundedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().filter(|h| !h.is_empty()).ok_or(ureq::Error::HostNotFound)?;
        let port = uri.port_u16().unwrap_or(match uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        });
        let address = format!("{host}:{port}");
        let found = match address.parse::<SocketAddr>() {
            Ok(literal) => vec![literal],
            Err(_) => look_up(address, timeout)?,
        };
        let mut result = self.empty();
        found.into_iter().take(16).for_each(|address| result.push(address));
        match result.is_empty() {
            true => Err(ureq::Error::HostNotFound),
            false => Ok(result),
        }
    }
}

fn look_up(address: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, ureq::Error> {
    resolve::look_up(address, *timeout.after).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => ureq::Error::Timeout(timeout.reason),
        io::ErrorKind::NotFound => ureq::Error::HostNotFound,
        _ => error.into(),
    })
}
