//! Asking a provider about an order, and closing it there.

use super::super::{
    App,
    settle::{Settled, Settlement, Source},
};
use crate::{
    Result,
    pay::{Close, Provider, Trade},
};

impl App {
    /// What became of the order at `provider`, with the keys as they are configured: money on its way
    /// counts also after the provider was switched off.
    pub(in crate::app) fn trade(&self, provider: Provider, order_no: &str) -> Result<Trade> {
        let now = self.now().timestamp;
        match provider {
            Provider::Alipay => self.alipay_keys()?.query(&self.http, order_no, now),
            Provider::Wechat => {
                let wechat = self.wechat_keys()?;
                let find = |serial: &str| self.awaited_key(&wechat, serial);
                wechat.query(&self.http, order_no, now, &find)
            }
        }
    }

    /// Closes the order at `provider`, so that nobody can pay it there any more.
    pub(in crate::app) fn close_trade(&self, provider: Provider, order_no: &str) -> Result<Close> {
        let now = self.now().timestamp;
        match provider {
            Provider::Alipay => self.alipay_keys()?.close(&self.http, order_no, now),
            Provider::Wechat => {
                let wechat = self.wechat_keys()?;
                let find = |serial: &str| self.awaited_key(&wechat, serial);
                wechat.close(&self.http, order_no, now, &find)
            }
        }
    }

    /// Settles what `provider` answered.
    pub(in crate::app) fn settle_trade(
        &self,
        provider: Provider,
        order_no: &str,
        trade: &Trade,
        source: Source,
    ) -> Result<Settlement> {
        match trade {
            Trade::Paid(paid) => self.settle_payment(paid, source),
            Trade::Refunded(refund) => self.settle_refund(refund, source),
            Trade::Closed => self.settle_closed(order_no, provider),
            Trade::NotFound | Trade::Waiting => Ok((Settled::NotPaid, None)),
        }
    }
}
