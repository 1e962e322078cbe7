//! How often an address or an account may try something.

use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest, Sha256};

use super::App;
use crate::{
    Error, Kind, Result,
    store::{Db, throttle, token},
};

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

/// What counts as one address: an IPv6 customer has a whole /64 to choose from.
fn network(ip: &str) -> String {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => Ipv6Addr::from(u128::from(ip) & !u128::from(u64::MAX)).to_string(),
        Ok(ip) => ip.to_string(),
        Err(_) => ip.to_owned(),
    }
}

pub(super) fn too_many() -> Error {
    Error::new(
        Kind::Forbidden,
        "too_many_attempts",
        "尝试次数过多，请稍后再试",
        "rate limit reached",
    )
}

impl App {
    pub(super) fn login_limits(&self, ip: &str, account: &str) -> [Limit; 2] {
        [
            self.limit("login_ip", &network(ip), "limit_login_per_address", 60, QUARTER),
            self.limit("login_account", account, "limit_login_per_account", 10, QUARTER),
        ]
    }

    pub(super) fn registration_limit(&self, ip: &str) -> Limit {
        self.limit("register_ip", &network(ip), "limit_register_per_address", 20, HOUR)
    }

    pub(super) fn forgot_limit(&self, ip: &str) -> Limit {
        self.limit("forgot_ip", &network(ip), "limit_forgot_per_address", 20, HOUR)
    }

    pub(super) fn confirmation_limit(&self, ip: &str) -> Limit {
        self.limit("confirm_ip", &network(ip), "limit_forgot_per_address", 20, HOUR)
    }

    /// Links that somebody tries, with as many attempts as there may be requests for one.
    pub(super) fn link_limit(&self, ip: &str) -> Limit {
        self.limit("link_ip", &network(ip), "limit_forgot_per_address", 20, HOUR)
    }

    /// Each attempt is a call to the provisioning service.
    pub(super) fn reprovision_limit(&self, tenant_id: u32) -> Limit {
        let tenant = tenant_id.to_string();
        self.limit("reprovision", &tenant, "limit_reprovision_per_tenant", 20, QUARTER)
    }

    /// Each authorisation that is begun leaves a row.
    pub(super) fn channel_begin_limit(&self, user: &str) -> Limit {
        self.limit("channel_begin", user, "limit_channel_per_member", 30, QUARTER)
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
        self.sweep_sometimes()?;
        for limit in limits.iter().filter(|limit| limit.most > 0) {
            let used = self
                .database
                .transaction(|db| throttle::count(db, &limit.bucket, limit.seconds))?;
            // Nothing further is counted: whoever is stopped here cannot fill the table.
            if used > i64::from(limit.most) {
                return Err(too_many());
            }
        }
        Ok(())
    }

    /// Drops old counters and links now and then, so that nobody else has to.
    pub(super) fn sweep_sometimes(&self) -> Result<()> {
        const SHARE: f64 = 0.02;
        if crate::random::fraction() < SHARE {
            self.database.transaction(|db| {
                throttle::sweep(db)?;
                token::sweep(db)
            })?;
        }
        Ok(())
    }

    /// Takes counted attempts back: this one was honest.
    pub(super) fn uncount_attempt(&self, limits: &[Limit]) -> Result<()> {
        self.database.transaction(|db| {
            limits.iter().try_for_each(|limit| throttle::uncount(db, &limit.bucket))
        })
    }

    /// An account's wrong passwords are forgiven: its owner has shown who they are.
    pub(super) fn forgive_login(db: &mut Db<'_>, account: &str) -> Result<()> {
        throttle::forget(db, &bucket("login_account", account))
    }

    /// `true` for the first call within `seconds`, over all processes.
    pub(super) fn first_within(&self, kind: &str, of: &str, seconds: u32) -> Result<bool> {
        let bucket = bucket(kind, of);
        Ok(self.database.transaction(|db| throttle::count(db, &bucket, seconds))? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn an_ipv6_customer_is_one_address() {
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("nonsense"), "nonsense");
    }
}
