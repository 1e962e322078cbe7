//! Payment by Alipay.

use super::{
    super::{
        App,
        settle::{Settled, Settlement, Source},
    },
    INDEX,
};
use crate::{
    Error, Kind, Result,
    domain::{order::PAYABLE_SECONDS, reconcile::first_wait},
    pay::{
        Notification, OrderRequest, Provider,
        alipay::{self, Alipay, AlipayConfig},
    },
    random,
    store::order,
};

impl App {
    /// The signed address of Alipay's cashier for a pending order.
    pub fn pay_alipay(&self, user_id: u32, order_no: &str, user_agent: &str) -> Result<String> {
        let alipay = self.alipay()?;
        let now = self.now();
        let production = !self.config.is_on("alipay_sandbox", true);
        let base = self.config.base_url(production)?;
        let query_in = first_wait(random::fraction());
        let (row, tenant) = self.begin(user_id, order_no, now, |db, row| {
            let provider = Provider::Alipay.as_str();
            order::begin_alipay(db, row.id, provider, query_in, now.unix())?;
            Ok(())
        })?;
        let request = OrderRequest {
            order_no: &row.order_no,
            amount: row.state.amount,
            subject: &self.subject(&row, tenant.as_ref()),
            notify_url: &format!("{base}{INDEX}/payNotify/pay_method/alipay"),
            return_url: Some(&format!("{base}{INDEX}/payReturn/order/{}", row.order_no)),
            expires_at: row.createtime + PAYABLE_SECONDS,
        };
        alipay.cashier_url(&request, alipay::is_mobile(user_agent), now.timestamp)
    }

    pub(super) fn alipay_notified(&self, body: &[u8]) -> Result<Settlement> {
        match self.alipay_keys()?.notification(body)? {
            Notification::Paid(paid) => self.settle_payment(&paid, Source::Notify),
            Notification::Refund(refund) => self.settle_refund(&refund, Source::Notify),
            Notification::Closed { order_no } => self.settle_closed(&order_no, Provider::Alipay),
            Notification::NotPaid { .. } => Ok((Settled::NotPaid, None)),
            Notification::Other { .. } => Ok((Settled::Ignored, None)),
        }
    }

    /// Alipay for new payments: only where it is switched on.
    fn alipay(&self) -> Result<Alipay> {
        if self.config.is_on("alipay_enabled", false) {
            return self.alipay_keys();
        }
        Err(Error::new(
            Kind::Config,
            "alipay_off",
            "本站暂未开通支付宝付款",
            "alipay_enabled is off",
        ))
    }

    /// Alipay as configured. Money that is on its way counts even after Alipay was switched off.
    pub(super) fn alipay_keys(&self) -> Result<Alipay> {
        let text = |name| self.config.text(name);
        Alipay::new(&AlipayConfig {
            app_id: text("alipay_app_id"),
            private_key: text("alipay_merchant_private_key"),
            public_key: text("alipay_public_key"),
            seller_id: text("alipay_seller_id"),
            sandbox: self.config.is_on("alipay_sandbox", true),
            gateway: &self.config.ini().alipay_gateway,
            app_cert_path: text("alipay_app_cert_path"),
            root_cert_path: text("alipay_root_cert_path"),
            timeout: self.config.ini().http_timeout,
        })
    }
}
