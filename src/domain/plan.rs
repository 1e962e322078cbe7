//! Plans and their prices per period of 30 days.

use super::Fen;

/// What one payment buys, in days.
pub const PERIOD_DAYS: i32 = 30;

/// Most seats that can be added to the enterprise plan.
pub const MAX_EXTRA_SEATS: u32 = 100;

/// Price of an extra seat per period.
pub const EXTRA_SEAT_PRICE: Fen = Fen::new(1000);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Basic,
    Pro,
    Enterprise,
}

impl Plan {
    /// Cheapest first.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Pro, Self::Enterprise];

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.code() == code)
    }

    /// The value of the `plan` column and parameter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "基础版",
            Self::Pro => "专业版",
            Self::Enterprise => "企业版",
        }
    }

    /// Seats that the price includes.
    pub const fn included_seats(self) -> u32 {
        match self {
            Self::Basic => 1,
            Self::Pro => 2,
            Self::Enterprise => 3,
        }
    }

    pub const fn max_extra_seats(self) -> u32 {
        match self {
            Self::Basic | Self::Pro => 0,
            Self::Enterprise => MAX_EXTRA_SEATS,
        }
    }

    /// Price per period without extra seats.
    pub const fn price(self) -> Fen {
        match self {
            Self::Basic => Fen::new(5000),
            Self::Pro => Fen::new(6000),
            Self::Enterprise => Fen::new(7000),
        }
    }
}

/// A plan with its seats: what a tenant has and an order pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    plan: Plan,
    extra_seats: u32,
}

impl Subscription {
    /// `None` when the plan does not take that many extra seats.
    pub fn new(plan: Plan, extra_seats: u32) -> Option<Self> {
        (extra_seats <= plan.max_extra_seats()).then_some(Self { plan, extra_seats })
    }

    /// What a stored tenant has. Old rows carry seat counts that their plan does not sell
    /// (`max_agents` defaulted to 3), so the number is brought into the plan's range.
    pub fn of_tenant(plan: Plan, max_agents: i64) -> Self {
        let extra = max_agents.saturating_sub(i64::from(plan.included_seats()));
        let extra = extra.clamp(0, i64::from(plan.max_extra_seats()));
        Self { plan, extra_seats: u32::try_from(extra).unwrap_or(0) }
    }

    pub fn plan(self) -> Plan {
        self.plan
    }

    pub fn seats(self) -> u32 {
        self.plan.included_seats() + self.extra_seats
    }

    /// Price per period.
    pub fn price(self) -> Fen {
        Fen::new(self.plan.price().get() + self.extra_seats * EXTRA_SEAT_PRICE.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_list() {
        let price = |plan, extra| Subscription::new(plan, extra).map(|s| (s.seats(), s.price()));
        assert_eq!(price(Plan::Basic, 0), Some((1, Fen::new(5000))));
        assert_eq!(price(Plan::Pro, 0), Some((2, Fen::new(6000))));
        assert_eq!(price(Plan::Enterprise, 0), Some((3, Fen::new(7000))));
        assert_eq!(price(Plan::Enterprise, 100), Some((103, Fen::new(107_000))));
    }

    #[test]
    fn only_enterprise_takes_extra_seats() {
        assert_eq!(Subscription::new(Plan::Basic, 1), None);
        assert_eq!(Subscription::new(Plan::Pro, 1), None);
        assert_eq!(Subscription::new(Plan::Enterprise, 101), None);
        assert_eq!(Subscription::of_tenant(Plan::Basic, 100).price(), Fen::new(5000));
        assert_eq!(Subscription::of_tenant(Plan::Enterprise, i64::MIN).seats(), 3);
        assert_eq!(Subscription::of_tenant(Plan::Enterprise, i64::MAX).seats(), 103);
    }
}
