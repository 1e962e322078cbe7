//! What was heard in an order's turn, and what has to follow.

use crate::{
    domain::{OrderStatus, reconcile::Progress},
    pay::Provider,
    store::order::OrderRow,
};

/// An order whose turn is ours.
pub(super) struct Turn {
    pub row: OrderRow,
    /// The end of our lease, as it stands in the row.
    pub lease_until: i64,
    pub progress: Progress,
}

/// What was heard from one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Credited(Option<u32>),
    Duplicate,
    Review,
    /// No money will come from there.
    Over,
    /// Its trade waits for the buyer.
    Waiting,
    /// It knows no such trade (yet).
    NotThere,
    NoAnswer,
    /// The configuration does not let us ask.
    NotAsked,
}

/// When a provider has to be asked again; the later in this list decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    Never,
    AtEnd,
    OnSchedule,
    AsAfterFailure,
}

impl Turn {
    /// Whether money may be, or come, at `provider` that is not on record. One whose payment was
    /// credited has nothing more to say.
    pub fn concerns(&self, provider: Provider) -> bool {
        let trade = self.row.state.trade.as_ref().filter(|_| self.is_settled());
        self.row.begun_with(provider.as_str())
            && trade.is_none_or(|trade| trade.provider != provider.as_str())
    }

    /// Some provider's money was credited.
    fn is_settled(&self) -> bool {
        matches!(self.row.state.status, OrderStatus::Paid | OrderStatus::Refunded)
    }

    /// What is open at a provider must not be paid any more.
    pub fn is_to_close(&self) -> bool {
        self.is_settled() || self.progress.is_over()
    }

    pub fn need(&self, heard: &[(Provider, Heard)]) -> Need {
        let over = self.progress.is_over();
        if heard.is_empty() {
            // Nobody was asked: its buyer may still begin.
            return if self.is_to_close() { Need::Never } else { Need::AtEnd };
        }
        let need = |heard: Heard| match heard {
            Heard::Credited(_) | Heard::Duplicate | Heard::Over => Need::Never,
            // It will say the same again, but the other provider's money would still be welcome.
            Heard::Review if over => Need::Never,
            Heard::Review => Need::AtEnd,
            // With a link that was given out the trade may still be made, until the end.
            Heard::NotThere if over => Need::Never,
            Heard::NotThere if self.is_settled() => Need::AtEnd,
            Heard::Waiting if self.is_to_close() => Need::AsAfterFailure,
            Heard::NotThere | Heard::Waiting => Need::OnSchedule,
            Heard::NoAnswer | Heard::NotAsked => Need::AsAfterFailure,
        };
        heard.iter().map(|(_, heard)| need(*heard)).max().unwrap_or(Need::Never)
    }
}
