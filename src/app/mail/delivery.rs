//! Delivering letters: claim a row, send outside any transaction, close the row if it is still ours.
//!
//! A claim leases the row for longer than sending can take. Whoever dies in between leaves a lease that
//! runs out; the next attempt carries the same Message-ID.

use std::time::{Duration, Instant};

use super::{
    super::{App, limits::bucket},
    Letter,
    compose::Composed,
    post,
};
use crate::{
    Error, Result,
    domain::mail::{AWAY_SECONDS, Failure, MAX_ATTEMPTS, Next, after_failure},
    mail::{Message, Site, render, smtp},
    random,
    store::{
        mail::{self, Closing, MailRow},
        throttle,
    },
};

/// Who delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    Worker,
    /// A web request whose answer has gone out: few of them may be at it at once, or a mail server that
    /// hangs would take every PHP worker with it.
    Web,
}

impl Sender {
    /// How the names of its leases begin.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Worker => "worker-",
            Self::Web => "web-",
        }
    }
}

/// What came of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    Sent,
    /// Nobody is to get it, or nobody can: why.
    Skipped(String),
    /// It will be tried again: why, in the operator's words.
    Retry(String),
    /// Given up: why.
    Dead(String),
    /// Somebody else has it, it is not due, or as many are at it as may be.
    NotOurs,
}

/// Web requests that may send at once, over all processes.
const WEB_AT_ONCE: i64 = 2;
/// Letters that one of them takes up at a time.
const WEB_LETTERS: u32 = 3;
/// How long one of them goes on.
const WEB_PATIENCE: Duration = Duration::from_secs(20);
/// How much longer than sending a lease lasts.
const MARGIN: Duration = Duration::from_secs(30);
/// A letter that could not even be begun (the settings are unusable, say) waits this long.
const UNUSABLE_SECONDS: u32 = 60;
const KEPT_SECONDS: u32 = 7 * 24 * 3600;
/// The counter that says that the mail server takes nothing just now.
const MAIL_AWAY: &str = "mail_away";
/// The window of a counter that nobody looks at.
const CLAIM_SECONDS: u32 = 3600;

/// A leased letter.
struct Claim {
    row: MailRow,
    owner: String,
}

impl App {
    /// Letters that are due and in nobody's hands, longest due first.
    pub fn due_mails(&self, limit: u32) -> Result<Vec<u32>> {
        let away = bucket(MAIL_AWAY, "");
        self.database.read(|db| match throttle::is_counting(db, &away)? {
            true => Ok(Vec::new()),
            false => mail::due(db, limit),
        })
    }

    /// Tries to deliver one letter. What goes wrong is on its row.
    pub fn deliver(&self, id: u32, sender: Sender) -> Result<Delivered> {
        let Some(claim) = self.claim_mail(id, sender)? else { return Ok(Delivered::NotOurs) };
        self.deliver_claimed(&claim).inspect_err(|error| {
            // Nothing depends on it: the caller has the error itself.
            let why = error.to_string();
            let closing = Closing::Retry { wait: UNUSABLE_SECONDS, error: &why };
            let _ = self.close_mail(&claim, &closing, None);
        })
    }

    /// Delivers a few letters after an answer went out, where no worker does it. Best effort: what
    /// fails is on record and stays due.
    pub fn deliver_some(&self) -> Result<()> {
        const SWEEP_SHARE: f64 = 0.02;
        if self.worker_is_alive()? {
            return Ok(());
        }
        if random::fraction() < SWEEP_SHARE {
            self.sweep_mail()?;
        }
        let began = Instant::now();
        // Whoever is at it looks again after each few, because a request that found as many at it as may
        // be went away.
        while began.elapsed() < WEB_PATIENCE {
            let mut delivered = false;
            for id in self.due_mails(WEB_LETTERS)? {
                match self.deliver(id, Sender::Web)? {
                    Delivered::Sent | Delivered::Skipped(_) => delivered = true,
                    Delivered::NotOurs => {}
                    // The next one would most likely wait for the same server in vain.
                    Delivered::Retry(_) | Delivered::Dead(_) => return Ok(()),
                }
            }
            if !delivered {
                break;
            }
        }
        Ok(())
    }

    /// Drops letters that nobody needs on record any more; a few at a time. Gives how many.
    pub fn sweep_mail(&self) -> Result<u64> {
        self.database.transaction(|db| mail::sweep(db, KEPT_SECONDS))
    }

    fn claim_mail(&self, id: u32, sender: Sender) -> Result<Option<Claim>> {
        let owner = format!("{}{}-{}", sender.prefix(), std::process::id(), random::code::<16>()?);
        let lease = self.config.ini().mail_timeout.saturating_add(MARGIN);
        let seconds = u32::try_from(lease.as_secs()).unwrap_or(u32::MAX);
        let now = self.now().unix();
        let away = bucket(MAIL_AWAY, "");
        let row = self.database.transaction(|db| {
            if throttle::is_counting(db, &away)? {
                return Ok(None);
            }
            if sender == Sender::Web {
                // Locks a row that all of them share: of many at once, each would count none of the
                // others' leases.
                throttle::count(db, &bucket("mail_claim", ""), CLAIM_SECONDS)?;
                if mail::leased_count(db, sender.prefix())? >= WEB_AT_ONCE {
                    return Ok(None);
                }
            }
            match mail::lease(db, id, &owner, seconds, now)? {
                true => mail::find(db, id),
                false => Ok(None),
            }
        })?;
        Ok(row.map(|row| Claim { row, owner }))
    }

    fn deliver_claimed(&self, claim: &Claim) -> Result<Delivered> {
        let row = &claim.row;
        if row.useful_for <= 0 {
            return self.skip_mail(claim, "out of date: nobody has any use for it now");
        }
        if row.attempts > MAX_ATTEMPTS {
            // Whoever had it each time did not live to say what came of it.
            return self.fail(claim, Failure::Refused, "given up", None);
        }
        let settings = match self.config.mail_settings() {
            Ok(Some(settings)) => settings,
            Ok(None) => return self.skip_mail(claim, "the site has no mail settings"),
            Err(error) => return self.fail(claim, Failure::Away, &error.to_string(), None),
        };
        let Composed { to, letter, language } = match self.compose(row, self.now())? {
            Ok(composed) => composed,
            Err(why) => return self.skip_mail(claim, &why),
        };
        let site = Site {
            name: self.config.site_name().to_owned(),
            support_email: self.config.support_address().map(|address| address.to_string()),
            links: self.config.links(),
        };
        let recipient = to.to_string();
        let name = format!("chathub-{}-{}", row.id, &bucket("mail", &row.dedupe_key)[..16]);
        let message = Message::new(&settings, to, &render(&letter, &site, language), &name)
            .map_err(Error::storage)?;
        match smtp::send(&settings, &message) {
            Ok(()) => {
                let close = || self.close_mail(claim, &Closing::Sent, Some(&recipient));
                // Left open, it would be sent again: worth a second try.
                match close().or_else(|_| close())? {
                    true => Ok(Delivered::Sent),
                    false => Ok(Delivered::NotOurs),
                }
            }
            Err(failed) => self.fail(claim, failed.failure, &failed.message, Some(&recipient)),
        }
    }

    fn skip_mail(&self, claim: &Claim, why: &str) -> Result<Delivered> {
        match self.close_mail(claim, &Closing::Skipped(why), None)? {
            true => Ok(Delivered::Skipped(why.to_owned())),
            false => Ok(Delivered::NotOurs),
        }
    }

    fn fail(
        &self,
        claim: &Claim,
        failure: Failure,
        why: &str,
        recipient: Option<&str>,
    ) -> Result<Delivered> {
        let row = &claim.row;
        let next = after_failure(row.attempts, failure, row.useful_for, random::fraction());
        let (closing, delivered) = match next {
            Next::Retry(wait) => {
                (Closing::Retry { wait, error: why }, Delivered::Retry(why.to_owned()))
            }
            Next::Dead => (Closing::Dead(why), Delivered::Dead(why.to_owned())),
        };
        if failure == Failure::Away {
            let away = bucket(MAIL_AWAY, "");
            self.database.transaction(|db| throttle::count(db, &away, AWAY_SECONDS).map(drop))?;
        }
        match self.close_mail(claim, &closing, recipient)? {
            true => Ok(delivered),
            false => Ok(Delivered::NotOurs),
        }
    }

    /// `false` when the letter is not ours any more. With a member's dead letter goes the notice of it.
    fn close_mail(
        &self,
        claim: &Claim,
        closing: &Closing<'_>,
        recipient: Option<&str>,
    ) -> Result<bool> {
        let (row, now) = (&claim.row, self.now());
        self.database.transaction(|db| {
            let ours = mail::close(db, (row.id, &claim.owner), closing, recipient, now.unix())?;
            if ours && matches!(closing, Closing::Dead(_)) && is_to_a_member(&row.kind) {
                // Anybody may ask for a password letter, as often as they like.
                let about = match row.kind.as_str() {
                    "password_reset" => bucket("password_reset", recipient.unwrap_or_default()),
                    kind => kind.to_owned(),
                };
                let letter =
                    Letter::MailFailed { tenant_id: row.tenant_id, mail_id: row.id, about: &about };
                post(db, &letter, now)?;
            }
            Ok(ours)
        })
    }
}

/// Letters to the support never cause further ones.
fn is_to_a_member(kind: &str) -> bool {
    !matches!(
        kind,
        "registered" | "payment_to_review" | "order_unclear" | "dead_job" | "mail_failed"
    )
}
