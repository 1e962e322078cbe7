//! What the member centre shows.

use std::collections::HashMap;

use super::{App, Moment, orders, written};
use crate::{
    Error, Result,
    domain::{JobKind, Plan, TenantStatus},
    store::{
        account::{self, Account},
        job, member,
        order::{self, OrderRow},
        tenant::{self, TenantRow},
    },
};

/// Orders on the page; older ones are the administrator's business.
const MAX_ORDERS: u32 = 100;
/// From here on a tenant counts as "expiring".
const EXPIRING_DAYS: i32 = 7;

pub struct MemberView {
    pub account: Account,
    pub tenants: Vec<TenantView>,
    pub orders: Vec<OrderView>,
    pub active: usize,
    pub expiring: usize,
    pub seats: u32,
    /// Of the member's mail: `zh-cn` or `en`.
    pub language: String,
    /// Whether the site sends any.
    pub can_mail: bool,
}

pub struct TenantView {
    pub row: TenantRow,
    /// Whole days until the end of service; negative once it is over.
    pub days_left: Option<i32>,
    pub expired: bool,
    pub can_renew: bool,
    pub can_reprovision: bool,
    /// The operator's text is not for members: only whether the last attempt failed.
    pub last_attempt_failed: bool,
    /// Nothing is made before the member has confirmed the address.
    pub awaits_confirmation: bool,
}

pub struct OrderView {
    pub row: OrderRow,
    pub tenant_name: String,
    pub plan_name: String,
    pub payable: bool,
}

/// What a waiting page polls.
pub struct StatusView {
    pub tenants: Vec<TenantRow>,
    /// Something is still going to change by itself.
    pub pending_work: bool,
}

impl App {
    /// One query per table, however many tenants there are.
    pub fn my(&self, user_id: u32) -> Result<MemberView> {
        let now = self.now();
        self.database.read(|db| {
            let account = account::find(db, user_id)?
                .filter(|account| !account.hidden)
                .ok_or_else(|| Error::not_found("account"))?;
            let rows = tenant::of_user(db, user_id)?;
            let failed: HashMap<u32, Option<String>> = job::open_of_user(db, user_id)?
                .into_iter()
                .filter(|job| job.kind == JobKind::Provision)
                .map(|job| (job.tenant_id, job.last_error))
                .collect();
            let names: HashMap<u32, String> = rows.iter().map(|t| (t.id, t.name.clone())).collect();
            let orders = order::of_user(db, user_id, MAX_ORDERS)?;
            let orders = orders.into_iter().map(|row| {
                let name = names.get(&row.tenant_id).cloned().unwrap_or_default();
                OrderView::new(row, name, now)
            });
            let waiting = self.waiting_tenants(db, user_id, &rows)?;
            let tenants: Vec<TenantView> = rows
                .into_iter()
                .map(|row| {
                    let last_error = failed.get(&row.id).cloned().flatten();
                    let waits = waiting.contains(&row.id);
                    TenantView::new(row, last_error, now).awaiting_confirmation(waits)
                })
                .collect();
            let known = member::find(db, user_id)?;
            Ok(MemberView {
                language: known.map_or_else(|| member::CHINESE.to_owned(), |m| m.language),
                can_mail: self.config.can_mail(),
                account,
                active: tenants.iter().filter(|t| t.is_active()).count(),
                expiring: tenants.iter().filter(|t| t.is_expiring()).count(),
                seats: tenants.iter().filter(|t| t.is_active()).map(TenantView::seats).sum(),
                orders: orders.collect(),
                tenants,
            })
        })
    }

    /// The language of the member's mail.
    pub fn set_language(&self, user_id: u32, language: &str) -> Result<()> {
        if ![member::CHINESE, member::ENGLISH].contains(&language) {
            return Err(Error::input("language", "unknown_language", "请选择中文或英文"));
        }
        let now = self.now().unix();
        self.database.transaction(|db| {
            account::find(db, user_id)?
                .filter(|account| !account.hidden)
                .ok_or_else(|| Error::not_found("account"))?;
            member::set_language(db, user_id, language, now)
        })
    }

    /// Cheap, without side effects.
    pub fn status(&self, user_id: u32) -> Result<StatusView> {
        self.database.read(|db| {
            let tenants = tenant::of_user(db, user_id)?;
            let pending_work = tenants.iter().any(|t| t.state.status == TenantStatus::Provisioning)
                || !job::open_of_user(db, user_id)?.is_empty();
            Ok(StatusView { tenants, pending_work })
        })
    }
}

impl TenantView {
    pub(super) fn new(row: TenantRow, last_error: Option<String>, now: Moment) -> Self {
        let state = row.state;
        let days_left = state.expire_at.map(|end| {
            let span = now.local.date().until(end.date()).map(|span| span.get_days());
            span.unwrap_or(i32::MAX)
        });
        let switched_off = matches!(state.status, TenantStatus::Suspended | TenantStatus::Disabled);
        Self {
            days_left,
            expired: state.expire_at.is_some_and(|end| end <= now.local),
            can_renew: state.status != TenantStatus::Disabled,
            can_reprovision: !state.provisioned && !switched_off,
            last_attempt_failed: last_error.is_some(),
            awaits_confirmation: false,
            row,
        }
    }

    fn awaiting_confirmation(self, awaits_confirmation: bool) -> Self {
        let can_reprovision = self.can_reprovision && !awaits_confirmation;
        Self { can_reprovision, awaits_confirmation, ..self }
    }

    fn is_active(&self) -> bool {
        self.row.state.status == TenantStatus::Active
    }

    fn is_expiring(&self) -> bool {
        self.is_active() && self.days_left.is_some_and(|days| days <= EXPIRING_DAYS)
    }

    fn seats(&self) -> u32 {
        self.row.subscription.seats()
    }

    pub fn expire_at(&self) -> Option<String> {
        self.row.state.expire_at.map(written)
    }
}

impl OrderView {
    pub(super) fn new(row: OrderRow, tenant_name: String, now: Moment) -> Self {
        Self {
            payable: orders::check_payable(&row, now).is_ok(),
            plan_name: Plan::parse(&row.plan).map_or(row.plan.clone(), |p| p.name().to_owned()),
            tenant_name,
            row,
        }
    }

    pub fn paid_at(&self) -> Option<String> {
        self.row.paid_at.map(written)
    }

    pub fn expire_at(&self) -> Option<String> {
        self.row.expire_at.map(written)
    }
}
