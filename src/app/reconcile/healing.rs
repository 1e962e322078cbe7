//! Orders that need no question, and those that earlier versions left open.

use crate::{
    Result,
    app::{App, Moment},
    domain::reconcile::OVER_SECONDS,
    pay::Provider,
    store::{
        Db,
        order::{self, OrderRow},
        question,
    },
};

/// Orders that nobody ever began to pay are closed so many at a time.
const BATCH: u32 = 100;
/// Orders of earlier versions that are in question at one time; the others wait for their turn.
const ADOPTED_MOST: u32 = 200;

impl App {
    /// Closes orders whose time is over and that nobody ever began to pay; no provider knows them.
    /// `true` when there may be more.
    pub(super) fn close_unbegun(&self) -> Result<bool> {
        let numbers = self.database.read(|db| question::unbegun(db, OVER_SECONDS, BATCH))?;
        if numbers.is_empty() {
            return Ok(false);
        }
        let now = self.now();
        self.database.transaction(|db| {
            for order_no in &numbers {
                let Some(row) = order::lock(db, order_no)? else { continue };
                let begun = Provider::ALL.into_iter().any(|p| row.begun_with(p.as_str()));
                if !begun {
                    close(db, &row, now)?;
                }
            }
            Ok(())
        })?;
        Ok(numbers.len() >= BATCH as usize)
    }

    /// Takes up to `limit` orders of earlier versions in; gives how many.
    pub(super) fn adopt(&self, limit: u32) -> Result<usize> {
        let ids = self.database.read(|db| {
            let taken = question::in_question_count(db, OVER_SECONDS)?;
            let room = (i64::from(ADOPTED_MOST) - taken).clamp(0, i64::from(limit));
            match u32::try_from(room) {
                Ok(room) if room > 0 => question::old_begun(db, OVER_SECONDS, room),
                _ => Ok(Vec::new()),
            }
        })?;
        if !ids.is_empty() {
            self.database.transaction(|db| question::adopt(db, &ids))?;
        }
        Ok(ids.len())
    }
}

/// Ends the questions about a locked order, and the order itself if it is unpaid: `true` then.
pub(super) fn close(db: &mut Db<'_>, row: &OrderRow, now: Moment) -> Result<bool> {
    let state = row.state.close();
    let ended = state != row.state;
    let after = OrderRow { state, query_at: None, queries: 0, ..row.clone() };
    order::update(db, row, &after, now.unix())?;
    Ok(ended)
}
