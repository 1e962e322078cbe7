//! How often an address or an account may try something.

use sha2::{Digest, Sha256};

use super::App;
use crate::{Error, Kind, Result, store::throttle};

/// One thing that is limited, for one address or account.
pub(super) struct Limit {
    bucket: String,
    most: u32,
    seconds: u32,
}

const QUARTER: u32 = 15 * 60;
const HOUR: u32 = 3600;

/// The key of a counter. Hashed, so that the table holds no addresses.
pub(super) fn bucket(kind: &str, of: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(kind);
    hash.update([0]);
    hash.update(of.to_lowercase());
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

impl App {
    pub(super) fn login_limits(&self, ip: &str, account: &str) -> [Limit; 2] {
        [
            self.limit("login_ip", ip, "limit_login_per_address", 60, QUARTER),
            self.limit("login_account", account, "limit_login_per_account", 10, QUARTER),
        ]
    }

    pub(super) fn registration_limit(&self, ip: &str) -> Limit {
        self.limit("register_ip", ip, "limit_register_per_address", 20, HOUR)
    }

    /// Each attempt is a call to the provisioning service.
    pub(super) fn reprovision_limit(&self, tenant_id: u32) -> Limit {
        let tenant = tenant_id.to_string();
        self.limit("reprovision", &tenant, "limit_reprovision_per_tenant", 20, QUARTER)
    }

    fn limit(&self, kind: &str, of: &str, setting: &str, default: u32, seconds: u32) -> Limit {
        Limit {
            bucket: bucket(kind, of),
            most: self.config.number(setting, default, 1_000_000),
            seconds,
        }
    }

    /// Counts an attempt before it is made, so that many at once cannot slip through. A limit of 0
    /// is none.
    pub(super) fn count_attempt(&self, limits: &[Limit]) -> Result<()> {
        let limits = limits.iter().filter(|limit| limit.most > 0);
        let mut reached = false;
        for limit in limits {
            let used = self
                .database
                .transaction(|db| throttle::count(db, &limit.bucket, limit.seconds))?;
            reached |= used > i64::from(limit.most);
        }
        if reached {
            return Err(Error::new(
                Kind::Forbidden,
                "too_many_attempts",
                "尝试次数过多，请稍后再试",
                "rate limit reached",
            ));
        }
        Ok(())
    }

    /// Takes counted attempts back: this one was honest.
    pub(super) fn uncount_attempt(&self, limits: &[Limit]) -> Result<()> {
        self.database.transaction(|db| {
            limits.iter().try_for_each(|limit| throttle::uncount(db, &limit.bucket))
        })
    }

    /// `true` for the first call within `seconds`, over all processes.
    pub(super) fn first_within(&self, kind: &str, of: &str, seconds: u32) -> Result<bool> {
        let bucket = bucket(kind, of);
        Ok(self.database.transaction(|db| throttle::count(db, &bucket, seconds))? == 1)
    }
}
