//! Care for accounts that are due: tokens are renewed before they end, and what cannot be renewed is
//! told to the member. Of all machines one at a time has an account, by a lease.

use super::{
    super::Moment,
    App,
    records::{mail_member, write_system_log},
    refresh::Stored,
    trouble,
};
use crate::{
    Error, Result, Secret,
    channel::{
        Credentials, Platform, Vault,
        journal::Journal,
        oauth::{AppKeys, Refusal, Trouble},
    },
    domain::channel::{
        AccountStatus, Care, Channel, REFUSALS, UNCERTAIN_SECONDS, care, wait_after,
    },
    random,
    store::{
        Db,
        channel::{self, AccountRow},
        channel_care::{self, Left},
    },
};

/// Beyond the request's own time-out: storing what came of it.
const STORING_SECONDS: u32 = 60;
/// An account that cannot be cared for because the site lacks something is looked at again then.
const UNUSABLE_SECONDS: u32 = 300;
const HOUR: u32 = 3600;

/// What care for an account came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    pub channel: Channel,
    /// `refreshed`, `announced`, `expired`, or why not, in the operator's words.
    pub outcome: String,
    pub ok: bool,
}

/// A leased account and the renewal that it wants.
pub(super) struct Claim {
    pub row: AccountRow,
    pub owner: String,
    pub credentials: Credentials,
    pub keys: AppKeys,
}

enum Begun {
    Nothing,
    Done(Refreshed),
    Refresh(Box<Claim>),
}

impl App {
    /// Accounts that want care now.
    pub fn due_channels(&self, limit: u32) -> Result<Vec<u32>> {
        self.database.read(|db| channel_care::due(db, limit))
    }

    /// Cares for one account. `None`: it wants nothing, or somebody else is at it.
    pub fn tend_channel(&self, account_id: u32) -> Result<Option<Refreshed>> {
        let vault = match self.config.vault() {
            Ok(vault) => vault,
            Err(error) => return self.put_off_channel(account_id, &error),
        };
        // What is in this machine's journal is newer than what is stored.
        let journal = Journal::open(self.config.text("runtime_path"));
        if let Ok(journal) = &journal {
            self.replay(&vault, journal, Some(account_id))?;
        }
        let claim = match self.begin_care(account_id, &vault)? {
            Begun::Nothing => return Ok(None),
            Begun::Done(done) => return Ok(Some(done)),
            Begun::Refresh(claim) => claim,
        };
        match journal.and_then(|journal| journal.prepare(account_id)) {
            Ok(page) => self.renew_tokens(&vault, *claim, page).map(Some),
            // Without it nothing is asked: the answer might be lost.
            Err(error) => {
                let trouble = Trouble::NotSent(error.to_string());
                self.leave_channel(&claim, &trouble).map(Some)
            }
        }
    }

    /// Looks at the account under its lock, and does what needs no request.
    fn begin_care(&self, account_id: u32, vault: &Vault) -> Result<Begun> {
        let now = self.now();
        let owner = self.lease_owner()?;
        let seconds = u32::try_from(self.config.ini().http_timeout.as_secs()).unwrap_or(u32::MAX);
        let seconds = seconds.saturating_add(STORING_SECONDS);
        self.database.transaction(|db| {
            let Some(row) = channel_care::lock_due(db, account_id)? else {
                return Ok(Begun::Nothing);
            };
            let platform = Platform::of(row.channel);
            let credentials = match row.blob().map(|blob| Credentials::read(vault, blob)) {
                Some(Ok((credentials, _))) => credentials,
                Some(Err(error)) => return unreadable(db, &row, &error, now).map(Begun::Done),
                None => return nothing_to_do(db, &row, now).map(|()| Begun::Nothing),
            };
            let server = db.now()?;
            let end = row.expires_at.and_then(|at| self.unix(at));
            let (refreshable, until) =
                (credentials.refresh_token().is_some(), credentials.refresh_until());
            let mark = credentials.tokens_mark(platform);
            let done = |outcome: &str| Refreshed {
                channel: row.channel,
                outcome: outcome.into(),
                ok: true,
            };
            match care(server, refreshable, until, end) {
                Care::Nothing => {
                    nothing_to_do(db, &row, now)?;
                    Ok(Begun::Nothing)
                }
                Care::Expire => {
                    let text = format!("{}: it could not be renewed", trouble::ENDED);
                    expire(db, &row, row.lease_owner.as_deref(), &text, &mark, now)?;
                    Ok(Begun::Done(done("expired")))
                }
                Care::Announce(end) => {
                    mail_member(db, &row, &mark, false, now)?;
                    let wait =
                        u32::try_from(end - server).unwrap_or(u32::MAX).clamp(1, 30 * 24 * HOUR);
                    let left = Left { next_in: Some(wait), ..as_it_is(&row) };
                    channel_care::leave(db, &row, row.lease_owner.as_deref(), &left, now.unix())?;
                    Ok(Begun::Done(done("announced")))
                }
                Care::Refresh => match self.refresh_keys(platform, &credentials) {
                    Ok(keys) if channel_care::lease(db, row.id, &owner, seconds)? => {
                        let owner = owner.clone();
                        Ok(Begun::Refresh(Box::new(Claim { row, owner, credentials, keys })))
                    }
                    Ok(_) => Ok(Begun::Nothing),
                    Err(error) => {
                        let ended = end.is_none_or(|end| end <= server);
                        without_keys(db, &row, &error, ended, &mark, now).map(Begun::Done)
                    }
                },
            }
        })
    }

    /// The keys of the application that the tokens belong to: the site's, or the member's own.
    fn refresh_keys(&self, platform: &Platform, credentials: &Credentials) -> Result<AppKeys> {
        let id = credentials.app_id(platform).unwrap_or_default();
        let configured = self.config.app_keys(platform);
        if let Some(keys) = configured.filter(|keys| keys.id == id) {
            return Ok(keys);
        }
        let secret = credentials.first(platform.secret_keys).map(Secret::new);
        match secret {
            Some(secret) if !id.is_empty() => Ok(AppKeys { id, secret }),
            None if !id.is_empty() && !platform.refresh_secret => {
                Ok(AppKeys { id, secret: Secret::new("") })
            }
            _ => Err(Error::config(
                trouble::APP_CHANGED,
                "it was authorised for another application than the one that is configured now",
            )),
        }
    }

    /// Gives an account back without new tokens.
    pub(super) fn leave_channel(&self, claim: &Claim, trouble: &Trouble) -> Result<Refreshed> {
        let now = self.now();
        let jitter = random::fraction();
        let platform = Platform::of(claim.row.channel);
        let mark = claim.credentials.tokens_mark(platform);
        let outcome = self.database.transaction(|db| {
            let row = channel::lock(db, claim.row.id)?;
            let Some(row) = row.filter(|row| row.lease_owner.as_ref() == Some(&claim.owner)) else {
                return Ok(Stored::Superseded.outcome().to_owned());
            };
            let server = db.now()?;
            let ended = row.expires_at.and_then(|at| self.unix(at)).is_none_or(|at| at <= server);
            let failures = row.refresh_failures.saturating_add(1);
            let before = claim.row.uncertain_since;
            // An attempt of before may have succeeded, and its answer be in another machine's journal.
            let waits = before.is_some_and(|since| server < since + UNCERTAIN_SECONDS);
            let refused = match trouble {
                Trouble::Refused(Refusal::Grant, _) => true,
                Trouble::Refused(Refusal::Other, _) => ended && failures >= REFUSALS,
                _ => false,
            };
            let owner = Some(claim.owner.as_str());
            if refused && !waits {
                let text = format!("{}: {}", trouble::REFUSED, trouble.text());
                expire(db, &row, owner, &text, &mark, now)?;
                return Ok(format!("expired: {}", trouble.text()));
            }
            let app = matches!(trouble, Trouble::Refused(Refusal::App, _));
            let key = if app { trouble::APP } else { trouble::FAILING };
            let text = format!("{key}: {}", trouble.text());
            let left = Left {
                status: match row.status {
                    AccountStatus::Active if ended && row.expires_at.is_some() => {
                        AccountStatus::Error
                    }
                    status => status,
                },
                error: Some(&text),
                failures,
                uncertain_since: match trouble {
                    Trouble::Unknown(_) => row.uncertain_since,
                    Trouble::NotSent(_) | Trouble::Refused(..) => before,
                },
                next_in: Some(wait_after(failures, jitter)),
            };
            channel_care::leave(db, &row, owner, &left, now.unix())?;
            Ok(format!("attempt {failures}: {}", trouble.text()))
        })?;
        Ok(Refreshed { channel: claim.row.channel, outcome, ok: false })
    }

    /// The site lacks what care needs: the account stays as it is, and does not stand first in line.
    fn put_off_channel(&self, account_id: u32, error: &Error) -> Result<Option<Refreshed>> {
        let now = self.now();
        self.database.transaction(|db| {
            let Some(row) = channel_care::lock_due(db, account_id)? else { return Ok(None) };
            let left = Left { next_in: Some(UNUSABLE_SECONDS), ..as_it_is(&row) };
            channel_care::leave(db, &row, row.lease_owner.as_deref(), &left, now.unix())?;
            Ok(Some(Refreshed { channel: row.channel, outcome: error.to_string(), ok: false }))
        })
    }
}

fn as_it_is(row: &AccountRow) -> Left<'_> {
    Left {
        status: row.status,
        error: row.last_error.as_deref(),
        failures: row.refresh_failures,
        uncertain_since: row.uncertain_since,
        next_in: None,
    }
}

fn nothing_to_do(db: &mut Db<'_>, row: &AccountRow, now: Moment) -> Result<()> {
    channel_care::leave(db, row, row.lease_owner.as_deref(), &as_it_is(row), now.unix())?;
    Ok(())
}

fn unreadable(db: &mut Db<'_>, row: &AccountRow, error: &Error, now: Moment) -> Result<Refreshed> {
    let text = format!("{}: {error}", trouble::UNREADABLE);
    let left = Left { error: Some(&text), next_in: Some(HOUR), ..as_it_is(row) };
    channel_care::leave(db, row, row.lease_owner.as_deref(), &left, now.unix())?;
    Ok(Refreshed { channel: row.channel, outcome: error.to_string(), ok: false })
}

fn without_keys(
    db: &mut Db<'_>,
    row: &AccountRow,
    error: &Error,
    ended: bool,
    mark: &str,
    now: Moment,
) -> Result<Refreshed> {
    let text = format!("{}: {error}", trouble::APP_CHANGED);
    if ended {
        expire(db, row, row.lease_owner.as_deref(), &text, mark, now)?;
    } else {
        let left = Left { error: Some(&text), next_in: Some(HOUR), ..as_it_is(row) };
        channel_care::leave(db, row, row.lease_owner.as_deref(), &left, now.unix())?;
    }
    Ok(Refreshed { channel: row.channel, outcome: error.to_string(), ok: false })
}

/// The member has to authorise again, and is told. One that was switched off stays so.
pub(super) fn expire(
    db: &mut Db<'_>,
    row: &AccountRow,
    owner: Option<&str>,
    why: &str,
    mark: &str,
    now: Moment,
) -> Result<()> {
    let status = match row.status {
        AccountStatus::Paused => AccountStatus::Paused,
        _ => AccountStatus::Expired,
    };
    let left = Left {
        status,
        error: Some(why),
        failures: row.refresh_failures.saturating_add(1),
        uncertain_since: None,
        next_in: None,
    };
    if channel_care::leave(db, row, owner, &left, now.unix())? {
        mail_member(db, row, mark, true, now)?;
        write_system_log(db, row, "channel_expired", why, now)?;
    }
    Ok(())
}
