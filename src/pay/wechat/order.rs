//! Native orders: making one, asking about it, closing it.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::{Deserialize, Serialize};

use super::FindCertificate;
use super::client::{Call, Outcome, parse};
use super::config::Wechat;
use super::notify::Transaction;
use crate::error::{Error, Result};
use crate::http::{Agent, Method};
use crate::pay::{Close, OrderRequest, Trade, VerifiedRefund};

/// Longest `description`: 127, which WeChat Pay's own messages sometimes count as bytes.
const DESCRIPTION_MAX: usize = 127;
const NOTIFY_URL_MAX: usize = 255;
/// The order is not there, as different pages of the documentation spell it.
const NOT_THERE: [&str; 2] = ["ORDER_NOT_EXIST", "ORDERNOTEXIST"];
/// Comes back with every notification, for people who read them.
const ATTACH: &str = "chathub";

#[derive(Serialize)]
struct Native<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: &'a str,
    time_expire: String,
    attach: &'static str,
    notify_url: &'a str,
    amount: Amount,
}

#[derive(Serialize)]
struct Amount {
    total: u32,
    currency: &'static str,
}

impl Wechat {
    /// `POST /v3/pay/transactions/native`: what the QR code has to say. Posting the identical order
    /// again gives a code for the same order.
    pub fn native(
        &self,
        http: &Agent,
        order: &OrderRequest,
        now: Timestamp,
        find: FindCertificate,
    ) -> Result<String> {
        #[derive(Deserialize)]
        struct Made {
            code_url: String,
        }
        let body = serde_json::to_string(&self.native_order(order)?)
            .map_err(|_| Error::input("order", "bad_order", "订单内容无法发送"))?;
        let call = Call { method: Method::Post, path: "/v3/pay/transactions/native", body: &body };
        match self.ask(http, &call, now, find)? {
            Outcome::Success(body) => code_url(parse::<Made>(&body)?.code_url),
            Outcome::Refused { error, .. } => Err(error),
        }
    }

    fn native_order<'a>(&'a self, order: &OrderRequest<'a>) -> Result<Native<'a>> {
        check_order_no(order.order_no)?;
        let url = order.notify_url;
        if url.len() > NOTIFY_URL_MAX || url.contains(['?', '#']) || !url.starts_with("http") {
            let why = "the notification address must be at most 255 characters without a query";
            return Err(Error::config("public_base_url", why));
        }
        if order.amount.get() == 0 {
            return Err(Error::input("order", "bad_amount", "订单金额须大于零"));
        }
        let expires_at = Timestamp::from_second(order.expires_at)
            .map_err(|_| Error::input("order", "bad_time", "订单时间超出范围"))?;
        Ok(Native {
            appid: &self.app_id,
            mchid: &self.mch_id,
            description: description(order.subject),
            out_trade_no: order.order_no,
            time_expire: rfc3339(expires_at),
            attach: ATTACH,
            notify_url: url,
            amount: Amount { total: order.amount.get(), currency: "CNY" },
        })
    }

    /// `GET /v3/pay/transactions/out-trade-no/…`: what became of an order.
    pub fn query(
        &self,
        http: &Agent,
        order_no: &str,
        now: Timestamp,
        find: FindCertificate,
    ) -> Result<Trade> {
        let path = format!("{}?mchid={}", order_path(order_no)?, self.mch_id);
        let call = Call { method: Method::Get, path: &path, body: "" };
        let body = match self.ask(http, &call, now, find)? {
            Outcome::Success(body) => body,
            Outcome::Refused { code, .. } if NOT_THERE.contains(&code.as_str()) => {
                return Ok(Trade::NotFound);
            }
            Outcome::Refused { error, .. } => return Err(error),
        };
        self.trade(order_no, &parse(&body)?)
    }

    fn trade(&self, order_no: &str, transaction: &Transaction) -> Result<Trade> {
        if transaction.out_trade_no.as_deref() != Some(order_no) {
            let why = "WeChat Pay's answer is about another order than the one asked for";
            return Err(Error::provider("wechat_other_order", why));
        }
        match transaction.trade_state.as_deref().unwrap_or_default() {
            "SUCCESS" => self.payment(transaction).map(Trade::Paid),
            // How much went back it does not say. An order that is asked about was not credited, and
            // money that is already on its way back never is.
            "REFUND" => {
                let paid = self.payment(transaction)?;
                let (no, trade_no, total) = (paid.order_no(), paid.trade_no(), paid.amount());
                VerifiedRefund::new(paid.provider(), no, trade_no, total, total)
                    .map(Trade::Refunded)
            }
            // PAYERROR: this attempt failed, the buyer may try again.
            "NOTPAY" | "USERPAYING" | "ACCEPT" | "PAYERROR" => Ok(Trade::Waiting),
            "CLOSED" | "REVOKED" => Ok(Trade::Closed),
            _ => {
                Err(Error::provider("wechat_status", "WeChat Pay answered an unknown trade_state"))
            }
        }
    }

    /// `POST …/close`: no money is taken for this order any more.
    pub fn close(
        &self,
        http: &Agent,
        order_no: &str,
        now: Timestamp,
        find: FindCertificate,
    ) -> Result<Close> {
        let path = format!("{}/close", order_path(order_no)?);
        let body = format!("{{\"mchid\":\"{}\"}}", self.mch_id);
        let call = Call { method: Method::Post, path: &path, body: &body };
        match self.ask(http, &call, now, find)? {
            Outcome::Success(body) if body.is_empty() => Ok(Close::Closed),
            Outcome::Success(_) => {
                let why = "WeChat Pay's answer to a close has a body, which it never has";
                Err(Error::provider("wechat_bad_answer", why))
            }
            Outcome::Refused { code, error } => match code.as_str() {
                code if NOT_THERE.contains(&code) => Ok(Close::NotFound),
                "RESOURCE_NOT_EXISTS" => Ok(Close::NotFound),
                "ORDERPAID" | "ORDER_PAID" | "ORDER_CLOSED" | "ORDERCLOSED" | "INVALID_REQUEST" => {
                    Ok(Close::NotClosable)
                }
                _ => Err(error),
            },
        }
    }
}

/// 6 to 32 characters of `[0-9A-Za-z_\-|*]`.
fn check_order_no(order_no: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    if (6..=32).contains(&order_no.len()) && order_no.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::input("order", "bad_order_no", "该订单号不能用于微信支付，请重新下单"))
}

fn order_path(order_no: &str) -> Result<String> {
    check_order_no(order_no)?;
    Ok(format!("/v3/pay/transactions/out-trade-no/{}", order_no.replace('|', "%7C")))
}

fn code_url(url: String) -> Result<String> {
    let plausible = url.len() <= 255
        && url.starts_with("weixin://")
        && url.bytes().all(|byte| byte.is_ascii_graphic());
    if plausible {
        return Ok(url);
    }
    Err(Error::provider("wechat_bad_answer", "WeChat Pay's code_url is not a weixin:// address"))
}

/// In China's time, which has had one offset since 1991.
fn rfc3339(time: Timestamp) -> String {
    time.to_zoned(TimeZone::fixed(offset(8))).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn description(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    let end = (0..=DESCRIPTION_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    match text[..end.unwrap_or(0)].trim_end() {
        "" => "ChatHub".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_written_with_chinas_offset() {
        let at = |unix| rfc3339(Timestamp::from_second(unix).unwrap());
        assert_eq!(at(0), "1970-01-01T08:00:00+08:00");
        assert_eq!(at(1_703_147_192), "2023-12-21T16:26:32+08:00");
        rfc3339(Timestamp::MAX);
    }

    #[test]
    fn descriptions_fit() {
        assert_eq!(description("A&B\n中文 😀 "), "A&B 中文 😀");
        assert_eq!(description("\0 "), "ChatHub");
        let long = description(&"订".repeat(100));
        assert_eq!((long.len(), long.chars().count()), (126, 42));
        assert_eq!(description(&"a".repeat(200)).len(), 127);
    }

    #[test]
    fn order_numbers() {
        let longest = "9".repeat(32);
        for good in ["CH2023", "a_-|*0", longest.as_str()] {
            check_order_no(good).unwrap();
        }
        assert!(order_path("a_-|*0").unwrap().ends_with("/a_-%7C*0"));
        let long = "9".repeat(33);
        for bad in ["", "CH202", long.as_str(), "CH/202", "CH202?", "CH202 ", "订单订单订单"]
        {
            assert_eq!(check_order_no(bad).unwrap_err().key(), "bad_order_no");
        }
    }
}
