//! The envelope and the MIME message.

use lettre::{
    Address,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::{
    page::{Rendered, one_line},
    smtp::Settings,
};

/// A message as it goes over the wire.
pub struct Message {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// The longest address that SMTP carries.
const MAX_ADDRESS: usize = 254;

/// An e-mail address that may stand in a header and in a command; `None` for anything else.
pub fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    let plain = text.len() <= MAX_ADDRESS
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>\",;".contains(c));
    plain.then(|| text.parse().ok()).flatten()
}

impl Message {
    /// `name` makes the Message-ID and has to be the same at each attempt: receivers that meet a
    /// letter again know it by that.
    pub fn new(
        settings: &Settings,
        to: Address,
        letter: &Rendered,
        name: &str,
    ) -> Result<Self, String> {
        let from = settings.from.clone();
        let host = Some(from.domain()).filter(|host| host.is_ascii()).unwrap_or("localhost");
        let mut builder = lettre::Message::builder()
            .message_id(Some(format!("<{name}@{host}>")))
            .date_now()
            .from(Mailbox::new(Some(one_line(&settings.from_name)), from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(&letter.subject))
            // No out-of-office notes in return.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ));
        if let Some(reply_to) = &settings.reply_to {
            builder = builder.reply_to(Mailbox::new(None, reply_to.clone()));
        }
        let message = builder
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| format!("the message could not be made: {error}"))?;
        Ok(Self { from, to, bytes: message.formatted() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_nothing_that_ends_a_line_or_a_command() {
        for good in ["a@acme.cn", " a.b+c@acme.example ", "o'neil@acme.ie", "用户@例子.中国"]
        {
            assert!(address(good).is_some(), "{good}");
        }
        let long = format!("{}@acme.cn", "a".repeat(250));
        for bad in [
            "",
            "a",
            "@acme.cn",
            "a@",
            "a@b@c.cn",
            "a@acme.cn\r\nRCPT TO:<b@acme.cn>",
            "a@acme.cn\r\nBcc: b@acme.cn",
            "\"a\r\nb\"@acme.cn",
            "a@acme.cn>,<b@acme.cn",
            "a@acme.cn,b@acme.cn",
            "a b@acme.cn",
            "a\0@acme.cn",
            long.as_str(),
        ] {
            assert!(address(bad).is_none(), "{bad:?}");
        }
    }
}
