//! Payment by WeChat Pay: a QR code on a page that waits.

use std::{thread, time::Duration};

use super::{
    super::{
        App, Moment, OrderView,
        orders::check_payable,
        settle::{Settled, Settlement, Source},
    },
    INDEX, seconds_left,
};
use crate::{
    Error, Kind, Result,
    domain::{Fen, order::PAYABLE_SECONDS, order::wechat_charge, reconcile::first_wait},
    pay::{
        Notification, OrderRequest, Provider,
        wechat::{Wechat, WechatConfig},
    },
    random,
    store::{
        order::{self, OrderRow},
        tenant::TenantRow,
    },
};

/// How long a page waits for its turn; a provider that hangs holds no worker for longer.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// With less time left than this WeChat Pay takes no order.
const LEAST_SECONDS: i64 = 60;
/// Refusals that mean: something happened to this order already.
/// `wechat_bad_request` is among them because it is what some of these are called as well.
const HAPPENED: [&str; 4] =
    ["wechat_order_paid", "wechat_order_used", "wechat_order_closed", "wechat_bad_request"];

/// What the page with the QR code shows.
pub struct WechatView {
    pub order: OrderView,
    /// What the QR code says.
    pub code_url: String,
    /// What is charged.
    pub amount: Fen,
    /// Real requests, but one fen only: to be said loudly.
    pub test_mode: bool,
    /// Until the order can no longer be paid.
    pub seconds_left: i64,
}

impl App {
    /// WeChat Pay has no sandbox: in test mode each order is charged one fen.
    pub(in crate::app) fn wechat_test_mode(&self) -> bool {
        self.config.is_on("wechat_sandbox", true)
    }

    /// The QR code of a pending order. Looking again gives the code that the order has.
    pub fn pay_wechat(&self, user_id: u32, order_no: &str) -> Result<WechatView> {
        let wechat = self.wechat()?;
        let now = self.now();
        let test_mode = self.wechat_test_mode();
        let base = self.config.base_url(!test_mode)?;
        let query_in = first_wait(random::fraction());
        let (row, tenant) = self.begin(user_id, order_no, now, |db, row| {
            let charge = wechat_charge(row.amount, test_mode);
            row.state = row.state.begin_wechat(charge).ok_or_else(|| other_mode(row))?;
            let provider = Provider::Wechat.as_str();
            order::begin_wechat(db, row.id, provider, charge, query_in, now.unix())?;
            row.pay_method = Some(provider.to_owned());
            Ok(())
        })?;
        let code_url = match &row.code_url {
            Some(code_url) => code_url.clone(),
            None => self.in_turn(|| self.make_code(&wechat, &row, tenant.as_ref(), &base, now))?,
        };
        Ok(WechatView {
            code_url,
            amount: row.state.expected_from(Provider::Wechat.as_str()),
            test_mode,
            seconds_left: seconds_left(&row, now.unix()),
            order: OrderView::new(row, tenant.map_or_else(String::new, |t| t.name), now),
        })
    }

    /// Waits a little for its turn among the pages that wait for a provider.
    fn in_turn(&self, make: impl Fn() -> Result<String>) -> Result<String> {
        let mut waited = Duration::ZERO;
        loop {
            match self.one_of_few(&make)? {
                Some(code_url) => return Ok(code_url),
                None if waited >= PATIENCE => return Err(busy()),
                None => thread::sleep(LOOK_AGAIN),
            }
            waited += LOOK_AGAIN;
        }
    }

    /// Makes the order at WeChat Pay and keeps its code. When the answer is lost, the next visit
    /// posts the identical order again, which gives a code for the same order.
    fn make_code(
        &self,
        wechat: &Wechat,
        row: &OrderRow,
        tenant: Option<&TenantRow>,
        base: &str,
        now: Moment,
    ) -> Result<String> {
        if seconds_left(row, now.unix()) < LEAST_SECONDS {
            return Err(Error::new(
                Kind::Forbidden,
                "order_closed",
                "该订单即将过期，请重新下单",
                format!("order {} has less than {LEAST_SECONDS} s left", row.order_no),
            ));
        }
        let request = OrderRequest {
            order_no: &row.order_no,
            amount: row.state.expected_from(Provider::Wechat.as_str()),
            subject: &self.subject(row, tenant),
            notify_url: &format!("{base}{INDEX}/payNotify/pay_method/wechat"),
            return_url: None,
            expires_at: row.createtime + PAYABLE_SECONDS,
        };
        let find = |serial: &str| self.awaited_key(wechat, serial);
        let made = wechat.native(&self.http, &request, now.timestamp, &find);
        if let Err(error) = &made {
            self.log_refusal("pay_order", Provider::Wechat, error);
            if HAPPENED.contains(&error.key()) {
                let trade = self.trade(Provider::Wechat, &row.order_no)?;
                self.settle_trade(Provider::Wechat, &row.order_no, &trade, Source::Query)?;
                let row = self.database.read(|db| order::find(db, &row.order_no))?;
                check_payable(&row.ok_or_else(|| Error::not_found("order"))?, now)?;
            }
        }
        let code_url = made?;
        self.database.transaction(|db| order::set_code_url(db, row.id, &code_url))?;
        Ok(code_url)
    }

    pub(super) fn wechat_notified(
        &self,
        body: &[u8],
        headers: &[(String, String)],
    ) -> Result<Settlement> {
        let wechat = self.wechat_keys()?;
        let header = |name: &str| {
            let mut found = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.as_str())
        };
        let find = |serial: &str| self.platform_key(&wechat, serial);
        match wechat.notification(header, body, self.now().timestamp, &find)? {
            Notification::Paid(paid) => self.settle_payment(&paid, Source::Notify),
            Notification::Refund(refund) => self.settle_refund(&refund, Source::Notify),
            Notification::Closed { order_no } => self.settle_closed(&order_no, Provider::Wechat),
            Notification::NotPaid { .. } => Ok((Settled::NotPaid, None)),
            Notification::Other { .. } => Ok((Settled::Ignored, None)),
        }
    }

    /// WeChat Pay for new payments: only where it is switched on.
    fn wechat(&self) -> Result<Wechat> {
        if self.config.is_on("wechat_enabled", false) {
            return self.wechat_keys();
        }
        Err(Error::new(Kind::Config, "wechat_off", "本站暂未开通微信支付", "wechat_enabled is off"))
    }

    /// WeChat Pay as configured. Money that is on its way counts even after it was switched off.
    pub(super) fn wechat_keys(&self) -> Result<Wechat> {
        let text = |name| self.config.text(name);
        Wechat::new(&WechatConfig {
            app_id: text("wechat_app_id"),
            mch_id: text("wechat_mch_id"),
            api_v3_key: text("wechat_api_v3_key"),
            cert_path: text("wechat_cert_path"),
            key_path: text("wechat_key_path"),
            public_key_id: text("wechat_public_key_id"),
            public_key_path: text("wechat_public_key_path"),
            base: &self.config.ini().wechat_base,
            timeout: self.config.ini().http_timeout,
        })
    }
}

/// The order was begun with another charge, and its first code can still be paid.
fn other_mode(row: &OrderRow) -> Error {
    Error::new(
        Kind::Forbidden,
        "order_closed",
        "收款模式已变更，请重新下单",
        format!("order {} was begun before wechat_sandbox was switched", row.order_no),
    )
}

fn busy() -> Error {
    Error::new(
        Kind::Provider,
        "wechat_busy",
        "正在生成付款码的人较多，请稍后刷新重试",
        "as many pages as may are waiting for a payment provider already",
    )
}
