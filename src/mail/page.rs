//! A letter as a list of blocks. Each block is written twice, as HTML and as plain text, so neither
//! form can say less than the other.

use super::{html, letter::Language, plain};

/// What a reader sees. Texts are plain: escaping is the business of the form that they are written in.
pub(super) struct Page {
    pub language: Language,
    pub subject: String,
    /// What a list of mails shows behind the subject.
    pub preheader: String,
    pub title: String,
    pub blocks: Vec<Block>,
}

pub(super) enum Block {
    Text(String),
    /// Labels and values.
    Facts(Vec<(&'static str, String)>),
    /// What catches the eye first.
    Figure {
        figure: String,
        caption: String,
    },
    /// The one thing to do; where it matters most, HTML spells the address out under these words.
    Button {
        label: &'static str,
        url: String,
        spelled_out: Option<&'static str>,
    },
    /// To be copied as it stands.
    Code {
        caption: &'static str,
        code: String,
    },
    /// With an address of the site's at its end.
    Note {
        tone: Tone,
        text: String,
        link: Option<String>,
    },
    Steps(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Calm,
    /// Something is about to end, or has.
    Warning,
}

/// A letter ready for an envelope.
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// Who writes, at the top and the bottom of each letter.
pub(super) struct Frame<'a> {
    pub site_name: &'a str,
    pub support_email: Option<&'a str>,
    /// Why the reader gets this.
    pub reason: String,
}

impl Page {
    pub(super) fn rendered(&self, frame: &Frame<'_>) -> Rendered {
        Rendered {
            subject: one_line(&self.subject),
            html: html::write(self, frame),
            text: plain::write(self, frame),
        }
    }
}

/// A text that fits into a header: no control character survives, whatever a company calls itself.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
