//! Rows as tests need them, and time that passes when they say so.

use super::site::Site;

/// A tenant's row in the making.
pub struct Tenant<'a> {
    pub status: &'a str,
    pub reason: Option<&'a str>,
    pub plan: &'a str,
    pub seats: u32,
    pub provisioned: bool,
    /// Days from now.
    pub expires_in: Option<i32>,
    pub user_id: u32,
}

impl Default for Tenant<'_> {
    fn default() -> Self {
        Self {
            status: "active",
            reason: None,
            plan: "basic",
            seats: 1,
            provisioned: true,
            expires_in: Some(10),
            user_id: 1,
        }
    }
}

impl Site {
    pub fn tenant(&self, tenant: &Tenant<'_>) -> u32 {
        let text = |value: Option<String>| value.map_or("NULL".into(), |v| format!("'{v}'"));
        let expire_at = tenant.expires_in.map_or("NULL".into(), |days| {
            // Whole seconds in the site's zone, which is Asia/Shanghai.
            format!("UTC_TIMESTAMP() + INTERVAL 8 HOUR + INTERVAL {days} DAY")
        });
        let made = tenant.provisioned;
        let sql = format!(
            "INSERT INTO #tenant (user_id, tenant_name, domain, email, max_agents, status, \
             suspend_reason, config, inbox_id, embed_code, expire_at, createtime, updatetime) \
             SELECT {user}, 'Acme', CONCAT('acme', COALESCE(MAX(id), 0), '.cn'), 'a@acme.cn', \
             {seats}, '{status}', {reason}, '{{\"plan\":\"{plan}\"}}', {inbox}, {embed}, \
             {expire_at}, UNIX_TIMESTAMP(), UNIX_TIMESTAMP() FROM #tenant AS old",
            user = tenant.user_id,
            seats = tenant.seats,
            status = tenant.status,
            reason = text(tenant.reason.map(str::to_owned)),
            plan = tenant.plan,
            inbox = if made { "77" } else { "NULL" },
            embed = if made { "'<script></script>'" } else { "NULL" },
        );
        self.exec(&sql);
        u32::try_from(self.number("SELECT MAX(id) FROM #tenant")).unwrap()
    }

    /// An order of 50 yuan for the basic plan.
    pub fn order(&self, tenant_id: u32, order_no: &str, status: &str) {
        self.exec(&format!(
            "INSERT INTO #order (order_no, tenant_id, user_id, plan, amount, status, createtime, \
             updatetime) VALUES ('{order_no}', {tenant_id}, 1, 'basic', 50.00, '{status}', \
             UNIX_TIMESTAMP(), UNIX_TIMESTAMP())"
        ));
    }

    pub fn job(&self, tenant_id: u32, kind: &str) {
        self.exec(&format!(
            "INSERT INTO #job (tenant_id, kind, idempotency_key, createtime, updatetime) \
             VALUES ({tenant_id}, '{kind}', 'first-key', UNIX_TIMESTAMP(), UNIX_TIMESTAMP())"
        ));
    }

    /// A link as it was sent: `name` filled up to a token's length, its hash made by the server.
    pub fn link(&self, name: &str, kind: &str, user_id: u32, email: &str, seconds: i32) -> String {
        let token = format!("{name:X<52}");
        self.exec(&format!(
            "INSERT INTO #token (hash, kind, user_id, email, expires_at, createtime) VALUES \
             (SHA2('{token}', 256), '{kind}', {user_id}, '{email}', UNIX_TIMESTAMP() + {seconds}, \
             UNIX_TIMESTAMP())"
        ));
        token
    }

    /// The waits are over: everything open is due, and the service has settled.
    pub fn time_passes(&self) {
        self.exec("UPDATE #job SET next_at = 0 WHERE state = 'open'");
        self.exec("UPDATE #job SET lease_until = 0 WHERE lease_owner IS NULL");
    }

    /// As if the processes that hold leases had died long ago.
    pub fn leases_run_out(&self) {
        self.exec("UPDATE #job SET lease_until = 1 WHERE lease_owner IS NOT NULL");
    }

    /// The end of service, in seconds on the site's wall clock.
    pub fn expire_at(&self, tenant_id: u32) -> i64 {
        let sql = "SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', expire_at) FROM #tenant WHERE id =";
        self.number(&format!("{sql} {tenant_id}"))
    }

    /// Now, on the same clock.
    pub fn wall_clock(&self) -> i64 {
        self.number("SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', UTC_TIMESTAMP() + INTERVAL 8 HOUR)")
    }
}
