//! Handing a message over to the site's mail server, as FastAdmin's settings describe it.

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::{
    Address,
    transport::smtp::{
        authentication::Mechanism,
        commands::{Data, Ehlo, Mail, Quit, Rcpt},
        extension::{ClientId, Extension, MailParameter, ServerInfo},
        response::Response,
    },
};

use super::{
    message::Message,
    wire::{Wire, tls_config},
    words::{broken, refused},
};
use crate::{Secret, domain::mail::Failure};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    None,
    /// Plain at first; nothing but the wish for TLS is said in the open.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// The site's mail server and how the site signs its letters.
#[derive(Clone, Debug)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Names to sign in with, the likeliest first; not tried without a password.
    pub users: Vec<String>,
    pub password: Secret,
    pub from: Address,
    pub from_name: String,
    pub reply_to: Option<Address>,
    /// PEM certificates that are trusted beside the public authorities.
    pub ca_file: Option<PathBuf>,
    /// For everything, from the look-up of the name to the last answer.
    pub timeout: Duration,
}

/// Why a message was not handed over. The text holds no password, and nothing that looks like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub failure: Failure,
    pub message: String,
}

fn not_now(message: impl Into<String>) -> Failed {
    Failed { failure: Failure::NotNow, message: message.into() }
}

/// What happens before a letter's recipient is named would happen to every letter.
fn away(message: impl Into<String>) -> Failed {
    Failed { failure: Failure::Away, message: message.into() }
}

/// Hands the message over.
pub fn send(settings: &Settings, message: &Message) -> Result<(), Failed> {
    let until = Instant::now() + settings.timeout;
    let mut session = Session::open(settings, until)?;
    session.sign_in()?;
    session.hand_over(message)?;
    // The letter is accepted; a farewell that fails changes nothing.
    let _ = session.wire.write(Quit.to_string().as_bytes());
    Ok(())
}

struct Session<'a> {
    settings: &'a Settings,
    wire: Wire,
    server: ServerInfo,
}

impl<'a> Session<'a> {
    fn open(settings: &'a Settings, until: Instant) -> Result<Self, Failed> {
        let Settings { host, port, security, .. } = settings;
        let broken = |step: &str, error: &io::Error| away(broken(step, error));
        let tls = match security {
            Security::None => None,
            Security::StartTls | Security::Tls => {
                Some(tls_config(settings.ca_file.as_deref()).map_err(away)?)
            }
        };
        let mut wire = Wire::connect(host, *port, until)
            .map_err(|error| broken("connecting to the mail server", &error))?;
        if let (Security::Tls, Some(tls)) = (security, &tls) {
            wire.encrypt(host, tls.clone()).map_err(|error| broken("TLS", &error))?;
        }
        let greeting = wire.answer().map_err(|error| broken("greeting", &error))?;
        if !is_done(&greeting) {
            return Err(away(refused("greeting", &greeting, &settings.password)));
        }
        let server = hello(&mut wire, settings)?;
        let mut session = Self { settings, wire, server };
        if let (Security::StartTls, Some(tls)) = (security, tls) {
            if !session.server.supports_feature(Extension::StartTls) {
                return Err(away("the mail server does not offer STARTTLS"));
            }
            session.command("STARTTLS", "STARTTLS\r\n")?;
            session.wire.encrypt(host, tls).map_err(|error| broken("TLS", &error))?;
            session.server = hello(&mut session.wire, settings)?;
        }
        Ok(session)
    }

    fn sign_in(&mut self) -> Result<(), Failed> {
        if self.settings.password.is_empty() {
            return Ok(());
        }
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let Some(mechanism) = self.server.get_auth_mechanism(&mechanisms) else {
            return Err(away(
                "the mail server lets nobody sign in by PLAIN or LOGIN on this connection \
                 (it may want TLS or SSL)",
            ));
        };
        let mut first = None;
        for user in &self.settings.users {
            match authenticate(&mut self.wire, mechanism, user, &self.settings.password) {
                Ok(answer) if is_done(&answer) => return Ok(()),
                // The server's own words may repeat what it was told.
                Ok(answer) => first.get_or_insert(away(format!(
                    "the mail server refused the sign-in ({}): mail_from and mail_smtp_pass do not fit",
                    answer.code()
                ))),
                Err(error) => first.get_or_insert(away(broken("sign-in", &error))),
            };
        }
        Err(first.unwrap_or_else(|| away("there is no name to sign in with")))
    }

    fn hand_over(&mut self, message: &Message) -> Result<(), Failed> {
        let mut parameters = Vec::new();
        let ascii = [&message.from, &message.to].iter().all(|a| a.to_string().is_ascii());
        if !ascii {
            if !self.server.supports_feature(Extension::SmtpUtfEight) {
                let message = "the mail server takes no addresses beyond ASCII".to_owned();
                return Err(Failed { failure: Failure::Refused, message });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        self.command("sender", Mail::new(Some(message.from.clone()), parameters))?;
        let answer = self.ask("recipient", Rcpt::new(message.to.clone(), vec![]))?;
        self.check("recipient", &answer, recipient_failure(&answer))?;
        let answer = self.ask("data", Data)?;
        // "Go ahead" is 354.
        if !answer.has_code(354) {
            return self
                .check("data", &answer, letter_failure(&answer))
                .and(Err(not_now("the mail server did not ask for the content")));
        }
        // Without its last line a message counts for nothing; after it nobody knows until the answer.
        self.wire
            .write(&stuffed(&message.bytes))
            .map_err(|error| not_now(broken("content", &error)))?;
        let unknown = |error: io::Error| Failed {
            failure: Failure::Unknown,
            message: broken("waiting for the receipt", &error),
        };
        self.wire.write(b".\r\n").map_err(unknown)?;
        let answer = self.wire.answer().map_err(unknown)?;
        let failure = match answer.is_positive() {
            // Neither yes nor no.
            true => Failure::Unknown,
            false => letter_failure(&answer),
        };
        self.check("content", &answer, failure)
    }

    fn ask(&mut self, step: &str, command: impl ToString) -> Result<Response, Failed> {
        self.wire
            .write(command.to_string().as_bytes())
            .and_then(|()| self.wire.answer())
            .map_err(|error| not_now(broken(step, &error)))
    }

    /// A command whose refusal is the site's affair, not the letter's.
    fn command(&mut self, step: &str, command: impl ToString) -> Result<(), Failed> {
        let answer = self.ask(step, command)?;
        self.check(step, &answer, Failure::Away)
    }

    fn check(&self, step: &str, answer: &Response, failure: Failure) -> Result<(), Failed> {
        if is_done(answer) {
            return Ok(());
        }
        Err(Failed { failure, message: refused(step, answer, &self.settings.password) })
    }
}

fn hello(wire: &mut Wire, settings: &Settings) -> Result<ServerInfo, Failed> {
    let host = Some(settings.from.domain()).filter(|host| host.is_ascii());
    let name = ClientId::Domain(host.unwrap_or("localhost").to_owned());
    let answer = wire
        .write(Ehlo::new(name).to_string().as_bytes())
        .and_then(|()| wire.answer())
        .map_err(|error| away(broken("EHLO", &error)))?;
    if !is_done(&answer) {
        return Err(away(refused("EHLO", &answer, &settings.password)));
    }
    ServerInfo::from_response(&answer).map_err(|_| away("EHLO: the answer is not SMTP"))
}

/// LOGIN asks for the name and then the password, in words that differ from server to server.
fn authenticate(
    wire: &mut Wire,
    mechanism: Mechanism,
    user: &str,
    password: &Secret,
) -> io::Result<Response> {
    let lines = match mechanism {
        Mechanism::Login => {
            vec!["AUTH LOGIN".to_owned(), STANDARD.encode(user), STANDARD.encode(password.reveal())]
        }
        _ => vec![format!(
            "AUTH PLAIN {}",
            STANDARD.encode(format!("\0{user}\0{}", password.reveal()))
        )],
    };
    let last = lines.len() - 1;
    for (at, line) in lines.into_iter().map(Secret::new).enumerate() {
        wire.write(line.reveal().as_bytes())?;
        wire.write(b"\r\n")?;
        let answer = wire.answer()?;
        if at == last || !answer.has_code(334) {
            return match answer.has_code(334) {
                true => {
                    Err(io::Error::other("the server asks for more than a name and a password"))
                }
                false => Ok(answer),
            };
        }
    }
    Err(io::ErrorKind::InvalidInput.into())
}

/// 2xx: 3xx only says that something is missing yet.
fn is_done(answer: &Response) -> bool {
    answer.code().to_string().starts_with('2')
}

fn is_permanent(answer: &Response) -> bool {
    answer.code().to_string().starts_with('5')
}

/// A refusal of the content, or of the transaction as a whole.
fn letter_failure(answer: &Response) -> Failure {
    if is_permanent(answer) { Failure::Refused } else { Failure::NotNow }
}

/// Not every refusal at this point is about the recipient: servers that do not relay for the site
/// (530, 535, 5.7.x) say so here, too.
fn recipient_failure(answer: &Response) -> Failure {
    let policy = answer.first_word().is_some_and(|word| word.starts_with("5.7."));
    let not_signed_in = answer.has_code(530) || answer.has_code(535);
    match is_permanent(answer) && !policy && !not_signed_in {
        true => Failure::Refused,
        false => Failure::NotNow,
    }
}

/// A line that begins with a point gets another one (RFC 5321, 4.5.2); the last line is closed.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_points() {
        assert_eq!(stuffed(b".\r\na\r\n..b\r\n"), b"..\r\na\r\n...b\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n");
        assert_eq!(stuffed(b".a"), b"..a\r\n");
    }

    #[test]
    fn whose_affair_a_refusal_is() {
        let answer = |text: &str| format!("{text}\r\n").parse::<Response>().unwrap();
        assert_eq!(recipient_failure(&answer("550 5.1.1 no such user")), Failure::Refused);
        assert_eq!(recipient_failure(&answer("550 no such user")), Failure::Refused);
        for site in ["450 greylisted", "421 busy", "530 sign in first", "554 5.7.1 relay denied"] {
            assert_eq!(recipient_failure(&answer(site)), Failure::NotNow, "{site}");
        }
        assert_eq!(letter_failure(&answer("554 5.7.1 spam")), Failure::Refused);
        assert_eq!(letter_failure(&answer("452 full")), Failure::NotNow);
    }
}
