//! Reconciling orders with the providers: what was paid without our hearing of it is found, what can
//! no longer be paid is closed there and then here.
//!
//! A turn is taken by moving `query_at` to the end of a lease. The questions come outside any
//! transaction, and their result is stored only while the turn is still ours: whatever changes an
//! order in between (money, a buyer who begins again) sets another `query_at`.

mod healing;
mod turn;

use super::{
    App, Moment,
    mail::{self, Letter},
    settle::{Settled, Source},
};
use crate::{
    Kind, Result,
    domain::{
        order::PaymentOutcome,
        reconcile::{Next, Progress},
    },
    pay::{Close, Provider, Trade},
    random,
    store::{
        Db, log,
        order::{self, OrderRow},
        question,
    },
};
use healing::close;
use turn::{Heard, Need, Turn};

/// Question, close, question; for two providers; and for each call perhaps a certificate to fetch.
const CALLS_MOST: u32 = 12;
const LEASE_SPARE_SECONDS: u32 = 60;
/// An order whose provider cannot be asked, because its keys are unusable, waits so long.
const UNUSABLE_SECONDS: i64 = 1800;

/// What came of an order's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciled {
    pub outcome: ReconcileOutcome,
    /// There is work in the outbox for this tenant.
    pub tenant_id: Option<u32>,
}

/// By name what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconcileOutcome {
    /// Not due (any more): somebody else has it, or it is settled.
    NotDue,
    /// Asked; it can still be paid.
    Waiting,
    /// Money was found and credited.
    Credited,
    /// Ended unpaid.
    Closed,
    /// Settled before, and now the other provider takes no money for it either.
    Finished,
    /// A second payment was found and put on record.
    Duplicate,
    /// Money of the wrong sum or for another order was found: on record, somebody has to look.
    Review,
    /// A provider could not be asked or gave no usable answer: later again.
    PutOff,
    /// No usable answer for days: the log and a letter to the site's support say so.
    GivenUp,
}

impl ReconcileOutcome {
    /// Worth telling whoever watches the worker.
    pub(super) const fn is_news(self) -> bool {
        !matches!(self, Self::NotDue | Self::Waiting)
    }

    /// Something for a person to look at, or to be tried again.
    pub(super) const fn is_trouble(self) -> bool {
        matches!(self, Self::Review | Self::PutOff | Self::GivenUp)
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::NotDue => "not_due",
            Self::Waiting => "waiting",
            Self::Credited => "credited",
            Self::Closed => "closed",
            Self::Finished => "finished",
            Self::Duplicate => "duplicate",
            Self::Review => "review",
            Self::PutOff => "put_off",
            Self::GivenUp => "given_up",
        }
    }
}

impl App {
    /// Numbers of the orders whose turn it is, `limit` at most, the longest waiting first. What earlier
    /// versions left open joins them as there is room.
    pub fn due_orders(&self, limit: u32) -> Result<Vec<String>> {
        let more_unbegun = self.close_unbegun();
        let due = self.database.read(|db| question::due(db, limit))?;
        let adopted = match more_unbegun {
            Ok(false) if due.len() < limit as usize => self.adopt(limit),
            other => other.map(|_| 0),
        };
        match adopted {
            Ok(0) => Ok(due),
            Ok(_) => self.database.read(|db| question::due(db, limit)),
            // What is due does not wait for what cannot be healed just now.
            Err(_) if !due.is_empty() => Ok(due),
            Err(error) => Err(error),
        }
    }

    /// Asks about one order, if it is due, and settles what the providers say. Any number of threads
    /// and machines may do so at once.
    pub fn reconcile_order(&self, order_no: &str) -> Result<Reconciled> {
        let Some(turn) = self.take_turn(order_no)? else {
            return Ok(Reconciled { outcome: ReconcileOutcome::NotDue, tenant_id: None });
        };
        let mut heard = Vec::new();
        for provider in Provider::ALL.into_iter().filter(|provider| turn.concerns(*provider)) {
            let one = self.ask_or_note(&turn, provider)?;
            if one == Heard::NotAsked {
                self.put_off_unasked(&turn)?;
                return Ok(Reconciled { outcome: ReconcileOutcome::PutOff, tenant_id: None });
            }
            if let Heard::Credited(tenant_id) = one {
                // Crediting it has set when the other provider is asked, if it has to be.
                return Ok(Reconciled { outcome: ReconcileOutcome::Credited, tenant_id });
            }
            heard.push((provider, one));
        }
        let outcome = self.conclude(&turn, &heard)?;
        Ok(Reconciled { outcome, tenant_id: None })
    }

    fn take_turn(&self, order_no: &str) -> Result<Option<Turn>> {
        let timeout = u32::try_from(self.config.ini().http_timeout.as_secs()).unwrap_or(u32::MAX);
        let lease = timeout.saturating_mul(CALLS_MOST).saturating_add(LEASE_SPARE_SECONDS);
        self.database.transaction(|db| {
            let Some(row) = question::claim(db, order_no, lease)? else { return Ok(None) };
            let Some(lease_until) = row.query_at else { return Ok(None) };
            let progress =
                Progress { createtime: row.createtime, asked: row.queries, now: db.now()? };
            Ok(Some(Turn { row, lease_until, progress }))
        })
    }

    /// An error of the provider is no error of the turn.
    fn ask_or_note(&self, turn: &Turn, provider: Provider) -> Result<Heard> {
        match self.ask(turn, provider) {
            Err(error) if error.kind() == Kind::Storage => Err(error),
            // A number that WeChat Pay would never have taken.
            Err(error) if error.key() == "bad_order_no" => Ok(Heard::Over),
            Err(error) => {
                self.log_refusal("pay_query", provider, &error);
                // A provider that the site has given up has no keys at all; keys that are wrong will
                // be mended, and no order ends until they are.
                let mendable = error.kind() == Kind::Config && error.key() != "missing";
                Ok(if mendable { Heard::NotAsked } else { Heard::NoAnswer })
            }
            heard => heard,
        }
    }

    fn ask(&self, turn: &Turn, provider: Provider) -> Result<Heard> {
        let order_no = &turn.row.order_no;
        let heard = self.hear(provider, order_no)?;
        if heard != Heard::Waiting || !turn.is_to_close() {
            return Ok(heard);
        }
        match self.close_trade(provider, order_no)? {
            Close::Closed => Ok(Heard::Over),
            Close::NotFound => Ok(Heard::NotThere),
            // Paid or closed since the question.
            Close::NotClosable => self.hear(provider, order_no),
        }
    }

    fn hear(&self, provider: Provider, order_no: &str) -> Result<Heard> {
        let trade = self.trade(provider, order_no)?;
        match trade {
            Trade::NotFound => return Ok(Heard::NotThere),
            Trade::Waiting => return Ok(Heard::Waiting),
            // Whether the order ends by it is seen when all were asked.
            Trade::Closed => return Ok(Heard::Over),
            Trade::Paid(_) | Trade::Refunded(_) => {}
        }
        let (settled, tenant_id) = self.settle_trade(provider, order_no, &trade, Source::Query)?;
        Ok(match settled {
            Settled::Payment(PaymentOutcome::Credited { .. }) | Settled::Flagged => {
                Heard::Credited(tenant_id)
            }
            Settled::Payment(PaymentOutcome::Duplicate) => Heard::Duplicate,
            Settled::Payment(PaymentOutcome::Mismatch { .. })
            | Settled::OtherOrder
            | Settled::UnknownOrder => Heard::Review,
            _ => Heard::Over,
        })
    }

    /// Sets the next question, or ends the order.
    fn conclude(&self, turn: &Turn, heard: &[(Provider, Heard)]) -> Result<ReconcileOutcome> {
        let need = turn.need(heard);
        let jitter = random::fraction();
        let next = match need {
            Need::Never => None,
            Need::AtEnd => Some(turn.progress.at_end(jitter)),
            Need::OnSchedule => Some(turn.progress.after_answer(jitter)),
            Need::AsAfterFailure => turn.progress.after_failure(jitter),
        };
        let given_up = need == Need::AsAfterFailure && next.is_none();
        let ended = match next {
            Some(next) => {
                self.put_off(turn, next)?;
                false
            }
            None => self.end(turn, heard, given_up)?,
        };
        let found = |what: Heard| heard.iter().any(|(_, heard)| *heard == what);
        Ok(match need {
            _ if found(Heard::Duplicate) => ReconcileOutcome::Duplicate,
            _ if found(Heard::Review) => ReconcileOutcome::Review,
            _ if given_up => ReconcileOutcome::GivenUp,
            Need::AsAfterFailure => ReconcileOutcome::PutOff,
            Need::AtEnd | Need::OnSchedule => ReconcileOutcome::Waiting,
            Need::Never if ended => ReconcileOutcome::Closed,
            Need::Never => ReconcileOutcome::Finished,
        })
    }

    fn put_off(&self, turn: &Turn, next: Next) -> Result<()> {
        self.database.transaction(|db| {
            let (id, lease) = (turn.row.id, turn.lease_until);
            question::reschedule(db, id, lease, next.at, next.asked)
        })
    }

    /// The question could not even be asked: it does not count.
    fn put_off_unasked(&self, turn: &Turn) -> Result<()> {
        let at = turn.progress.now + UNUSABLE_SECONDS;
        self.put_off(turn, Next { at, asked: turn.row.queries.saturating_sub(1) })
    }

    /// Nobody is asked any more. `true` when the order ended unpaid by it.
    fn end(&self, turn: &Turn, heard: &[(Provider, Heard)], given_up: bool) -> Result<bool> {
        let now = self.now();
        self.database.transaction(|db| {
            let Some(row) = order::lock(db, &turn.row.order_no)? else { return Ok(false) };
            if row.query_at != Some(turn.lease_until) {
                return Ok(false);
            }
            if given_up {
                let silent = heard.iter().find(|(_, heard)| *heard == Heard::NoAnswer);
                let provider = silent.or(heard.first()).map_or("", |(p, _)| p.as_str());
                note_given_up(db, &row, provider, now)?;
            }
            close(db, &row, now)
        })
    }
}

fn note_given_up(db: &mut Db<'_>, row: &OrderRow, provider: &str, now: Moment) -> Result<()> {
    let detail = serde_json::json!({
        "order_no": row.order_no, "provider": provider, "outcome": ReconcileOutcome::GivenUp.code(),
    });
    let entry = log::Entry {
        tenant_id: row.tenant_id,
        action: "reconcile",
        detail: &detail.to_string(),
        success: false,
        operator: "system",
    };
    log::insert(db, &entry, now.unix())?;
    let letter =
        Letter::OrderUnclear { tenant_id: row.tenant_id, order_no: &row.order_no, provider };
    mail::post(db, &letter, now)
}
