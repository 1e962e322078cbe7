//! The connection to a mail server: one deadline for everything, plain or by TLS, and answers of a
//! bounded size, whatever comes.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use lettre::transport::smtp::response::Response;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use crate::resolve;

/// The longest answer that is read; real ones have a few hundred bytes.
const MAX_ANSWER: usize = 32 * 1024;

/// A socket whose every operation ends at the deadline.
struct Timed {
    tcp: TcpStream,
    until: Instant,
}

enum Stream {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
    /// Only while one becomes the other.
    Gone,
}

pub(super) struct Wire {
    stream: Stream,
    /// What was read and not used yet.
    read: Vec<u8>,
}

fn left(until: Instant) -> io::Result<Duration> {
    match until.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

/// A socket reports its own time-out as "would block".
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(left(self.until)?))?;
        self.tcp.read(buffer).map_err(timed_out)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(left(self.until)?))?;
        self.tcp.write(buffer).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

impl Wire {
    /// Tries the host's addresses one after the other.
    pub(super) fn connect(host: &str, port: u16, until: Instant) -> io::Result<Self> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() };
        let found = resolve::look_up(format!("{address}:{port}"), left(until)?)?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for (at, address) in found.iter().enumerate() {
            // One that never answers leaves time for the others.
            let others = u32::try_from(found.len() - at).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(address, left(until)? / others) {
                Ok(tcp) => {
                    let stream = Stream::Plain(Timed { tcp, until });
                    return Ok(Self { stream, read: Vec::new() });
                }
                Err(error) => last = timed_out(error),
            }
        }
        Err(last)
    }

    /// From here on by TLS. What came before in plain text is not trusted: somebody in between may
    /// have put it there.
    pub(super) fn encrypt(&mut self, host: &str, config: Arc<ClientConfig>) -> io::Result<()> {
        if !self.read.is_empty() {
            return Err(io::Error::other("more than one answer before TLS began"));
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::other("the host is no name that a certificate could have"))?;
        let session = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let stream = match std::mem::replace(&mut self.stream, Stream::Gone) {
            Stream::Plain(plain) => plain,
            Stream::Tls(_) | Stream::Gone => return Err(io::ErrorKind::NotConnected.into()),
        };
        let mut tls = StreamOwned::new(session, stream);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock)?;
        }
        self.stream = Stream::Tls(Box::new(tls));
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream: &mut dyn Write = match &mut self.stream {
            Stream::Plain(plain) => plain,
            Stream::Tls(tls) => tls,
            Stream::Gone => return Err(io::ErrorKind::NotConnected.into()),
        };
        stream.write_all(bytes)?;
        stream.flush()
    }

    pub(super) fn answer(&mut self) -> io::Result<Response> {
        loop {
            if let Some(length) = answer_length(&self.read) {
                let answer: Vec<u8> = self.read.drain(..length).collect();
                // Not every server writes UTF-8.
                return String::from_utf8_lossy(&answer)
                    .parse()
                    .map_err(|_| io::Error::other("the answer is not SMTP"));
            }
            if self.read.len() > MAX_ANSWER {
                return Err(io::Error::other("the answer does not end"));
            }
            let mut buffer = [0; 4096];
            let count = match &mut self.stream {
                Stream::Plain(plain) => plain.read(&mut buffer),
                Stream::Tls(tls) => tls.read(&mut buffer),
                Stream::Gone => Err(io::ErrorKind::NotConnected.into()),
            }?;
            if count == 0 {
                return Err(io::Error::other("the server hung up"));
            }
            self.read.extend_from_slice(&buffer[..count]);
        }
    }
}

/// The bytes of a whole answer: lines that begin with `250-`, and one that does not.
fn answer_length(read: &[u8]) -> Option<usize> {
    let mut length = 0;
    for line in read.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        if line.last() == Some(&b'\n') && line.get(3) != Some(&b'-') {
            return Some(length);
        }
    }
    None
}

/// Trusts the public authorities and, in addition, those of a PEM file.
pub(super) fn tls_config(extra: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = extra {
        let unusable = || format!("mail_ca_file: {} holds no usable certificate", path.display());
        let file = File::open(path).map_err(|_| unusable())?;
        let before = roots.len();
        for certificate in CertificateDer::pem_reader_iter(BufReader::new(file)) {
            roots.add(certificate.map_err(|_| unusable())?).map_err(|_| unusable())?;
        }
        if roots.len() == before {
            return Err(unusable());
        }
    }
    // The provider is named here because rustls would otherwise want a process-wide default.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::answer_length;

    #[test]
    fn where_an_answer_ends() {
        assert_eq!(answer_length(b"250 ok\r\n"), Some(8));
        assert_eq!(answer_length(b"250-a\r\n250-b\r\n250 c\r\nmore"), Some(21));
        assert_eq!(answer_length(b"\r\n"), Some(2));
        for open in [&b""[..], b"250 ok", b"250-a\r\n", b"250-a\r\n250"] {
            assert_eq!(answer_length(open), None);
        }
    }
}
