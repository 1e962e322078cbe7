//! A tenant: `pending → provisioning → active`, `active ⇄ suspended`, anything → `disabled`.

use jiff::{ToSpan, civil::DateTime};

use super::{JobKind, plan::PERIOD_DAYS};
use crate::Secret;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStatus {
    /// Waits for its resources: not tried yet, or the service refused.
    Pending,
    /// An attempt is under way, or its outcome is unknown.
    Provisioning,
    Active,
    Suspended,
    /// Switched off by an administrator.
    Disabled,
}

impl TenantStatus {
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Pending, Self::Provisioning, Self::Active, Self::Suspended, Self::Disabled]
            .into_iter()
            .find(|status| status.code() == code)
    }

    /// The value of the `status` column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Disabled => "disabled",
        }
    }
}

/// Why a tenant is suspended. Rows from before the reason was kept count as the administrator's:
/// nothing ever expired by itself then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspendReason {
    Expired,
    Admin,
}

impl SuspendReason {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Admin => "admin",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Expired, Self::Admin].into_iter().find(|reason| reason.code() == code)
    }
}

/// What the provisioning service made for a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    pub inbox_id: i32,
    pub inbox_token: Option<String>,
    pub team_id: Option<i32>,
    pub agent_id: Option<String>,
    pub agent_cw_id: Option<i32>,
    pub agent_cw_password: Option<Secret>,
    pub agent_name: Option<String>,
    /// HTML for the member's page; empty for channels that have none.
    pub embed_code: String,
}

/// What of a tenant the rules look at. Times are in the site's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub status: TenantStatus,
    /// Meaningful only while suspended.
    pub suspend_reason: Option<SuspendReason>,
    /// Its resources exist: the member has something to embed (or, for the platform channels, an
    /// inbox).
    pub provisioned: bool,
    pub expire_at: Option<DateTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantEvent {
    /// A payment was credited at `now`.
    Paid {
        now: DateTime,
    },
    /// The member asks for the missing resources.
    ProvisionRequested,
    /// A request to the provisioning service is about to leave.
    AttemptStarted,
    /// The service made the resources.
    Provisioned,
    /// The service said no: nothing was made.
    Refused,
    Expired,
    AdminSuspended,
    AdminActivated,
    AdminDisabled,
}

/// What has to happen besides storing the new state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put the call into the outbox, unless one of its kind is open already.
    Enqueue(JobKind),
    /// Money came for a tenant that stays switched off: somebody has to look.
    FlagPayment,
}

/// The event makes no sense in this state; nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal;

/// The end of service after one more period: 30 days on from today, or from the end that is
/// already paid for. Calendar days in the site's zone, so the time of day stays.
pub fn extended(expire_at: Option<DateTime>, now: DateTime) -> DateTime {
    let from = expire_at.map_or(now, |end| end.max(now));
    from.saturating_add(PERIOD_DAYS.days())
}

impl Tenant {
    pub fn apply(&self, event: TenantEvent) -> Result<(Self, Vec<Effect>), Illegal> {
        use TenantStatus::{Active, Disabled, Pending, Provisioning, Suspended};
        let mut next = *self;
        let mut effects = Vec::new();
        match event {
            TenantEvent::Paid { now } => {
                next.expire_at = Some(extended(self.expire_at, now));
                next.resume_after_payment(&mut effects);
            }
            TenantEvent::ProvisionRequested => {
                if self.provisioned || matches!(self.status, Suspended | Disabled) {
                    return Err(Illegal);
                }
                effects.push(Effect::Enqueue(JobKind::Provision));
            }
            TenantEvent::AttemptStarted => {
                if self.provisioned || matches!(self.status, Suspended | Disabled) {
                    return Err(Illegal);
                }
                next.status = Provisioning;
            }
            TenantEvent::Provisioned => {
                next.provisioned = true;
                match self.status {
                    Pending | Provisioning | Active => next.status = Active,
                    // Switched off while the request was under way: what was made must not serve.
                    Suspended | Disabled => effects.push(Effect::Enqueue(JobKind::Suspend)),
                }
            }
            TenantEvent::Refused => {
                if self.status == Provisioning {
                    next.status = Pending;
                }
            }
            TenantEvent::Expired => next.suspend(Active, SuspendReason::Expired, &mut effects)?,
            TenantEvent::AdminSuspended => match self.status {
                Disabled => return Err(Illegal),
                from => next.suspend(from, SuspendReason::Admin, &mut effects)?,
            },
            TenantEvent::AdminActivated => match self.status {
                Suspended | Disabled => next.resume(&mut effects),
                Pending | Provisioning | Active => return Err(Illegal),
            },
            TenantEvent::AdminDisabled => {
                next.status = Disabled;
                next.suspend_reason = None;
                if self.provisioned && self.status != Disabled {
                    effects.push(Effect::Enqueue(JobKind::Suspend));
                }
            }
        }
        Ok((next, effects))
    }

    fn resume_after_payment(&mut self, effects: &mut Vec<Effect>) {
        match (self.status, self.suspend_reason) {
            (TenantStatus::Suspended, Some(SuspendReason::Expired)) => self.resume(effects),
            (TenantStatus::Suspended | TenantStatus::Disabled, _) => {
                effects.push(Effect::FlagPayment);
            }
            _ if self.provisioned => self.status = TenantStatus::Active,
            _ => effects.push(Effect::Enqueue(JobKind::Provision)),
        }
    }

    /// Back into service: by what it has, or on the way to having it.
    fn resume(&mut self, effects: &mut Vec<Effect>) {
        self.suspend_reason = None;
        if self.provisioned {
            self.status = TenantStatus::Active;
            effects.push(Effect::Enqueue(JobKind::Activate));
        } else {
            self.status = TenantStatus::Pending;
            effects.push(Effect::Enqueue(JobKind::Provision));
        }
    }

    fn suspend(
        &mut self,
        from: TenantStatus,
        reason: SuspendReason,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Illegal> {
        if self.status != from {
            return Err(Illegal);
        }
        self.status = TenantStatus::Suspended;
        self.suspend_reason = Some(reason);
        if self.provisioned {
            effects.push(Effect::Enqueue(JobKind::Suspend));
        }
        Ok(())
    }
}
