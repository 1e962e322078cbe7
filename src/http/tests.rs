use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::*;

fn limits() -> Limits {
    Limits { connect: Duration::from_secs(2), total: Duration::from_secs(10), max_body: 1 << 20 }
}

fn short() -> Limits {
    Limits { total: Duration::from_millis(300), ..limits() }
}

/// Accepts connections for ever and hands each to `serve` after reading the request's headers.
fn listen(serve: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/path?secret=query", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_head(&mut stream);
            serve(&mut stream);
        }
    });
    url
}

fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    head
}

fn get(url: &str) -> Request<'_> {
    Request { method: Method::Get, url, headers: &[], body: None }
}

fn post<'a>(url: &'a str, body: &'a [u8]) -> Request<'a> {
    Request { method: Method::Post, url, headers: &[("X-API-Key", "hush")], body: Some(body) }
}

fn answer(text: &'static [u8]) -> String {
    listen(move |stream| {
        let _ = stream.write_all(text);
    })
}

#[test]
fn every_status_is_an_answer() {
    for (text, status, body) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Two: b\r\n\r\nok"[..], 200, "ok"),
        (b"HTTP/1.1 401 No\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<b>", 401, "<b>"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 500, ""),
        (b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, ""),
        (b"HTTP/1.1 307 Go\r\nLocation: /again\r\nContent-Length: 1\r\n\r\nx", 307, "x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "hi"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", 200, "until the end"),
    ] {
        let url = answer(text);
        for request in [get(&url), post(&url, b"")] {
            let response = Agent::new().send(&request, &limits()).unwrap();
            assert_eq!((response.status, response.body), (status, body.as_bytes().to_vec()));
        }
    }
    let url = answer(b"HTTP/1.1 200 OK\r\nX-Two: b\r\nContent-Length: 0\r\n\r\n");
    let response = Agent::new().send(&get(&url), &limits()).unwrap();
    assert_eq!(response.header("X-TWO"), Some("b"));
    assert!(response.headers.iter().any(|(name, _)| name == "x-two"));
}

#[test]
fn sends_exactly_what_was_given() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a%20b?c=d", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let head = read_head(&mut stream);
        let mut body = [0; 7];
        stream.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 204 None\r\n\r\n").unwrap();
        (String::from_utf8(head).unwrap().to_ascii_lowercase(), body)
    });
    Agent::new().send(&post(&url, b"{\"a\":1}"), &limits()).unwrap();
    let (head, body) = server.join().unwrap();
    assert!(head.starts_with("post /a%20b?c=d http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nx-api-key: hush\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-length: 7\r\n"), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
    assert_eq!(&body, b"{\"a\":1}");
}

#[test]
fn what_never_left_is_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = format!("http://{closed}/");
    let refused_tls = format!("https://{closed}/");
    for url in [
        &refused,
        &refused_tls,
        "",
        "not a url",
        "ftp://127.0.0.1/",
        "/path",
        "http://",
        "http://no-such-host.invalid/",
        "http://user@/",
    ] {
        let failure = Agent::new().send(&get(url), &limits()).unwrap_err();
        assert!(matches!(failure, Failure::NotSent(_)), "{url}: {failure:?}");
    }
    for header in [("bad name", "x"), ("x", "line\r\nbreak"), ("", "x")] {
        let request = Request { headers: &[header], ..get(&refused) };
        let failure = Agent::new().send(&request, &limits()).unwrap_err();
        assert_eq!(failure, Failure::NotSent("a header cannot be sent".into()));
    }
}

#[test]
fn a_failed_tls_handshake_is_not_sent() {
    // Plain HTTP, silence, and a closed connection where a TLS handshake is expected.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let closing = TcpListener::bind("127.0.0.1:0").unwrap();
    let urls = [&plain, &silent, &closing]
        .map(|l| format!("https://localhost:{}/", l.local_addr().unwrap().port()));
    thread::spawn(move || {
        let mut stream = plain.accept().unwrap().0;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = stream.read(&mut [0; 4096]);
    });
    thread::spawn(move || drop(closing.accept().unwrap()));
    for url in &urls {
        let failure = Agent::new().send(&post(url, b"x"), &short()).unwrap_err();
        assert!(matches!(failure, Failure::NotSent(_)), "{url}: {failure:?}");
    }
}

#[test]
fn a_broken_answer_is_unknown() {
    for text in [
        &b""[..],
        b"HTTP/1.1 20",
        b"<html>not http</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    ] {
        let url = answer(text);
        let failure = Agent::new().send(&post(&url, b"body"), &limits()).unwrap_err();
        assert!(matches!(failure, Failure::Unknown(_)), "{text:?}: {failure:?}");
    }
}

#[test]
fn one_request_is_sent_once() {
    // A server that answers one request per connection and closes without saying so.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut count = 0;
        for reply in [&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], b"", b"done"] {
            let mut stream = listener.accept().unwrap().0;
            if reply == b"done" {
                break;
            }
            read_head(&mut stream);
            count += 1;
            stream.write_all(reply).unwrap();
        }
        count
    });
    let agent = Agent::new();
    agent.send(&post(&url, b""), &limits()).unwrap();
    assert!(matches!(agent.send(&post(&url, b""), &limits()), Err(Failure::Unknown(_))));
    TcpStream::connect(url.trim_start_matches("http://").trim_end_matches('/')).unwrap();
    assert_eq!(server.join().unwrap(), 2);
}

#[test]
fn a_body_over_the_limit_is_unknown() {
    let url = listen(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n");
        let chunk = [b'x'; 65536];
        while stream.write_all(&chunk).is_ok() {}
    });
    let failure = Agent::new().send(&get(&url), &limits()).unwrap_err();
    assert_eq!(failure, Failure::Unknown("the body is larger than 1048576 bytes".into()));

    let url = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let exact = Limits { max_body: 5, ..limits() };
    assert_eq!(Agent::new().send(&get(&url), &exact).unwrap().body, b"hello");
}

#[test]
fn the_deadline_holds_for_silence_and_for_drips() {
    let hang = listen(|stream| {
        let _ = stream.read(&mut [0; 16]);
    });
    let drip_head = listen(|stream| drip(stream, b"HTTP/1.1 200 OK\r\nX-Long: ", 1));
    let drip_body =
        listen(|stream| drip(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 26));
    for url in [hang, drip_head, drip_body] {
        // Without a deadline this would never return.
        let failure = Agent::new().send(&post(&url, b""), &short()).unwrap_err();
        assert_eq!(failure, Failure::Unknown("time-out after 300ms".into()));
    }
}

fn drip(stream: &mut TcpStream, start: &[u8], whole: usize) {
    let (first, rest) = start.split_at(whole.min(start.len()));
    let _ = stream.write_all(first);
    for byte in rest.iter().chain(std::iter::repeat(&b'x')) {
        thread::sleep(Duration::from_millis(20));
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
    }
}

#[test]
fn failures_and_debug_hold_no_secrets() {
    let url = listen(|_| ());
    let refused = "http://127.0.0.1:1/path?secret=query";
    for target in [url.as_str(), refused, "http://bad host/?secret=query", "x://y/?secret=query"] {
        let failure = Agent::new().send(&post(target, b"top secret"), &short()).unwrap_err();
        let text = format!("{failure} {failure:?}");
        assert!(!text.contains("secret") && !text.contains("hush"), "{text}");
    }
    let response = Response { status: 200, headers: vec![], body: b"secret".to_vec() };
    assert!(!format!("{response:?}").contains("secret"));
}

/// A TLS server whose certificate nobody vouches for; counts the requests that reach it.
#[test]
fn an_untrusted_certificate_is_refused_before_anything_is_sent() {
    use rsa::pkcs8::EncodePrivateKey;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use x509_cert::builder::{Builder, CertificateBuilder, Profile};
    use x509_cert::der::Encode;

    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let signer = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(key.clone());
    let certificate = CertificateBuilder::new(
        Profile::Root,
        x509_cert::serial_number::SerialNumber::from(1u32),
        x509_cert::time::Validity::from_now(Duration::from_secs(3600)).unwrap(),
        "CN=localhost".parse().unwrap(),
        x509_cert::spki::SubjectPublicKeyInfoOwned::from_key(key.to_public_key()).unwrap(),
        &signer,
    )
    .unwrap()
    .build::<rsa::pkcs1v15::Signature>()
    .unwrap();
    let chain = vec![CertificateDer::from(certificate.to_der().unwrap())];
    let key = PrivateKeyDer::Pkcs8(key.to_pkcs8_der().unwrap().as_bytes().to_vec().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut received = Vec::new();
        let _ = rustls::Stream::new(&mut tls, &mut stream).read_to_end(&mut received);
        received
    });
    let failure = Agent::new().send(&post(&url, b"secret"), &limits()).unwrap_err();
    assert!(matches!(&failure, Failure::NotSent(why) if why.contains("certificate")), "{failure}");
    assert_eq!(server.join().unwrap(), b"");
}
