//! Looking up host names with a deadline, which the system's resolver has not.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    sync::mpsc,
    time::Duration,
};

/// The addresses of `host:port`. A name that does not resolve is `NotFound`, and one that takes longer
/// than `wait` is `TimedOut`.
pub(crate) fn look_up(address: String, wait: Duration) -> io::Result<Vec<SocketAddr>> {
    if let Ok(literal) = address.parse::<SocketAddr>() {
        return Ok(vec![literal]);
    }
    let (tx, rx) = mpsc::sync_channel(1);
    std::thread::Builder::new().name("dns".into()).spawn(move || {
        // The receiver is gone after a time-out; then nobody wants the answer.
        let _ = tx.send(address.to_socket_addrs().map(Iterator::collect));
    })?;
    let answer: io::Result<Vec<SocketAddr>> =
        rx.recv_timeout(wait).map_err(|_| io::ErrorKind::TimedOut)?;
    answer.map_err(|_| io::ErrorKind::NotFound.into())
}
