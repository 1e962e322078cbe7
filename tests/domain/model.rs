//! What the specification says about orders and tenants, written down a second time: statuses are
//! their column's words, times are plain seconds, and rules are tables.

pub const DAY: i64 = 86_400;
pub const PERIOD: i64 = 30 * DAY;

/// Provider and trade number.
pub type Trade = (&'static str, &'static str);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderModel {
    pub status: &'static str,
    pub charged: u32,
    /// What WeChat Pay was asked for, where that is another sum.
    pub by_wechat: Option<u32>,
    pub trade: Option<Trade>,
    pub late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TenantModel {
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub provisioned: bool,
    /// Seconds since 1970 of the wall clock in the site's zone.
    pub expire_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TenantWord {
    Paid,
    Requested,
    Started,
    Provisioned,
    Refused,
    Expired,
    AdminSuspended,
    AdminActivated,
    AdminDisabled,
}

/// Order: the only ways from one status to another.
pub const ORDER_WAYS: [(&str, &str); 4] =
    [("pending", "paid"), ("pending", "failed"), ("failed", "paid"), ("paid", "refunded")];

/// Tenant: the only ways from one status to another, and what may cause each.
pub const TENANT_WAYS: [(&str, &str, &[TenantWord]); 16] = {
    use TenantWord::{
        AdminActivated, AdminDisabled, AdminSuspended, Expired, Paid, Provisioned, Refused, Started,
    };
    [
        ("pending", "provisioning", &[Started]),
        ("provisioning", "pending", &[Refused]),
        ("pending", "active", &[Provisioned]),
        ("provisioning", "active", &[Provisioned]),
        // Only rows of the old addon: active without ever having got their resources.
        ("active", "provisioning", &[Started]),
        ("active", "suspended", &[Expired, AdminSuspended]),
        ("suspended", "active", &[Paid, AdminActivated]),
        ("suspended", "pending", &[Paid, AdminActivated]),
        // The administrator's own ways.
        ("pending", "suspended", &[AdminSuspended]),
        ("provisioning", "suspended", &[AdminSuspended]),
        ("pending", "disabled", &[AdminDisabled]),
        ("provisioning", "disabled", &[AdminDisabled]),
        ("active", "disabled", &[AdminDisabled]),
        ("suspended", "disabled", &[AdminDisabled]),
        ("disabled", "active", &[AdminActivated]),
        ("disabled", "pending", &[AdminActivated]),
    ]
};

impl OrderModel {
    /// The name of what a payment comes to; changes the order where it is credited.
    pub fn pay(&mut self, trade: Trade, amount: u32, gone_back: bool) -> &'static str {
        if gone_back {
            return "already_refunded";
        }
        if self.trade == Some(trade) {
            return if self.status == "paid" { "already_credited" } else { "already_refunded" };
        }
        let expected = match (trade.0, self.by_wechat) {
            ("wechat", Some(charge)) => charge,
            _ => self.charged,
        };
        if amount != expected {
            return "mismatch";
        }
        if self.status == "paid" || self.status == "refunded" {
            return "duplicate";
        }
        self.late = self.status == "failed";
        self.status = "paid";
        self.trade = Some(trade);
        if self.late { "credited_late" } else { "credited" }
    }

    pub fn refund(&mut self, trade: Trade, full: bool) {
        let ours = self.trade == Some(trade);
        match self.status {
            "paid" if ours && full => self.status = "refunded",
            // Money that came and went before we heard of it: there is nothing to wait for.
            "pending" if full => self.status = "failed",
            _ => {}
        }
    }

    pub fn close(&mut self) {
        if self.status == "pending" {
            self.status = "failed";
        }
    }
}

impl TenantModel {
    pub fn switched_off(&self) -> bool {
        self.status == "suspended" || self.status == "disabled"
    }

    /// What the event asks for besides the new state (`provision`, `suspend`, `activate`, `flag`);
    /// `None`: it makes no sense here, and nothing changes.
    pub fn happens(&mut self, word: TenantWord, now: i64) -> Option<Vec<&'static str>> {
        let suspend_call = if self.provisioned { vec!["suspend"] } else { vec![] };
        match (word, self.status) {
            (TenantWord::Paid, status) => {
                self.expire_at = Some(self.expire_at.map_or(now, |end| end.max(now)) + PERIOD);
                match (status, self.reason) {
                    ("suspended", Some("expired")) => Some(self.back_to_service()),
                    ("suspended" | "disabled", _) => Some(vec!["flag"]),
                    _ if self.provisioned => Some(vec![]),
                    _ => Some(vec!["provision"]),
                }
            }
            (TenantWord::Requested | TenantWord::Started, "suspended" | "disabled") => None,
            (TenantWord::Requested | TenantWord::Started, _) if self.provisioned => None,
            (TenantWord::Requested, _) => Some(vec!["provision"]),
            (TenantWord::Started, _) => {
                self.status = "provisioning";
                Some(vec![])
            }
            (TenantWord::Provisioned, status) => {
                self.provisioned = true;
                if matches!(status, "suspended" | "disabled") {
                    return Some(vec!["suspend"]);
                }
                self.status = "active";
                Some(vec![])
            }
            (TenantWord::Refused, status) => {
                if status == "provisioning" {
                    self.status = "pending";
                }
                Some(vec![])
            }
            (TenantWord::Expired, "active") => {
                (self.status, self.reason) = ("suspended", Some("expired"));
                Some(suspend_call)
            }
            (TenantWord::Expired, _) | (TenantWord::AdminSuspended, "disabled") => None,
            (TenantWord::AdminSuspended, _) => {
                (self.status, self.reason) = ("suspended", Some("admin"));
                Some(suspend_call)
            }
            (TenantWord::AdminActivated, "suspended" | "disabled") => Some(self.back_to_service()),
            (TenantWord::AdminActivated, _) => None,
            (TenantWord::AdminDisabled, status) => {
                (self.status, self.reason) = ("disabled", None);
                Some(if status == "disabled" { vec![] } else { suspend_call })
            }
        }
    }

    fn back_to_service(&mut self) -> Vec<&'static str> {
        self.reason = None;
        if self.provisioned {
            self.status = "active";
            vec!["activate"]
        } else {
            self.status = "pending";
            vec!["provision"]
        }
    }
}
