//! What a tenant's state says about a call that is owed to it.

use crate::{
    domain::{JobKind, TenantStatus},
    provision::Call,
    store::tenant::TenantRow,
};

/// Whether a job's call still makes sense.
pub(super) enum Wanted {
    Now(Call),
    Later,
    NoMore,
}

/// Whether a call of this kind would be made for the tenant as it is.
pub(in crate::app) fn is_wanted(kind: JobKind, row: &TenantRow) -> bool {
    matches!(wanted(kind, row), Wanted::Now(_))
}

pub(super) fn wanted(kind: JobKind, row: &TenantRow) -> Wanted {
    let switched_off = matches!(row.state.status, TenantStatus::Suspended | TenantStatus::Disabled);
    match (kind, row.inbox_id) {
        (JobKind::Provision, _) if row.state.provisioned => Wanted::NoMore,
        (JobKind::Provision, _) if switched_off => Wanted::Later,
        (JobKind::Provision, _) => Wanted::Now(provision_call(row)),
        (JobKind::Suspend, Some(inbox_id)) if switched_off => Wanted::Now(Call::Suspend {
            inbox_id,
            tenant_name: row.name.clone(),
            domain: row.domain.clone(),
        }),
        (JobKind::Activate, Some(inbox_id)) if !switched_off => {
            Wanted::Now(Call::Activate { inbox_id })
        }
        (JobKind::Suspend | JobKind::Activate, _) => Wanted::NoMore,
    }
}

fn provision_call(row: &TenantRow) -> Call {
    Call::Provision {
        name: row.name.clone(),
        domain: row.domain.clone(),
        email: row.email.clone(),
        kind: if row.channel_type == "web_widget" { "web_widget" } else { "api" },
        max_agents: row.subscription.seats(),
        agent_id: row.agent_id.clone().filter(|id| !id.is_empty()),
    }
}
