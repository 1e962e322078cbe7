//! Asking Alipay about an order, and closing one.

mod answer;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::cashier::encode;
use super::config::Alipay;
use crate::domain::Fen;
use crate::error::{Error, Result};
use crate::http::{Agent, Failure, Limits, Method, Request};
use crate::pay::{Close, Provider, Trade, VerifiedPayment, VerifiedRefund};
use answer::{Node, Outcome};

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Answers have about 1 KB.
const BODY_MAX: usize = 262_144;

#[derive(Serialize)]
struct Order<'a> {
    out_trade_no: &'a str,
}

impl Alipay {
    /// `alipay.trade.query`: what became of an order.
    pub fn query(&self, http: &Agent, order_no: &str, now: Timestamp) -> Result<Trade> {
        let node = match self.ask(http, "alipay.trade.query", order_no, now)? {
            Outcome::Success(node) => node,
            Outcome::Refused { code, .. } if code == "ACQ.TRADE_NOT_EXIST" => {
                return Ok(Trade::NotFound);
            }
            Outcome::Refused { error, .. } => return Err(error),
        };
        trade(&node)
    }

    /// `alipay.trade.close`: no money is taken for this order any more.
    pub fn close(&self, http: &Agent, order_no: &str, now: Timestamp) -> Result<Close> {
        match self.ask(http, "alipay.trade.close", order_no, now)? {
            Outcome::Success(_) => Ok(Close::Closed),
            Outcome::Refused { code, error } => match code.as_str() {
                "ACQ.TRADE_NOT_EXIST" => Ok(Close::NotFound),
                "ACQ.TRADE_STATUS_ERROR"
                | "ACQ.REASON_TRADE_STATUS_INVALID"
                | "ACQ.REASON_ILLEGAL_STATUS"
                | "ACQ.TRADE_HAS_SUCCESS"
                | "ACQ.TRADE_HAS_FINISHED"
                | "ACQ.TRADE_HAS_CLOSE" => Ok(Close::NotClosable),
                _ => Err(error),
            },
        }
    }

    fn ask(&self, http: &Agent, method: &str, order_no: &str, now: Timestamp) -> Result<Outcome> {
        let content = Order { out_trade_no: order_no };
        let params = self.signed(self.params(method, &content, now)?)?;
        // As Alipay's own libraries do: the gateway decodes the body by the charset of the URL.
        let (body, query): (Vec<_>, Vec<_>) =
            params.iter().partition(|(name, _)| *name == "biz_content");
        let url = format!("{}?{}", self.gateway, encode(query));
        let form = encode(body);
        let request = Request {
            method: Method::Post,
            url: &url,
            headers: &[("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")],
            body: Some(form.as_bytes()),
        };
        let limits = Limits {
            connect: self.timeout.min(CONNECT_MAX),
            total: self.timeout,
            max_body: BODY_MAX,
        };
        let response = http.send(&request, &limits).map_err(|failure| unreachable(&failure))?;
        if response.status != 200 {
            let why = format!("Alipay's gateway answered HTTP {}", response.status);
            return Err(Error::provider("alipay_http_status", why));
        }
        let outcome = answer::read(&response.body, method, self)?;
        match &outcome {
            Outcome::Success(node) if node.out_trade_no.as_deref() != Some(order_no) => {
                let why = "Alipay's answer is about another order than the one asked for";
                Err(Error::provider("alipay_other_order", why))
            }
            _ => Ok(outcome),
        }
    }
}

fn unreachable(failure: &Failure) -> Error {
    let key = match failure {
        Failure::NotSent(_) => "alipay_unreachable",
        Failure::Unknown(_) => "alipay_no_answer",
    };
    Error::provider(key, format!("Alipay's gateway: {failure}"))
}

fn trade(node: &Node) -> Result<Trade> {
    let paid = || -> Result<(&str, &str, Fen)> {
        let total = needed("total_amount", &node.total_amount)?;
        let total = Fen::from_yuan(total).ok_or_else(|| {
            Error::provider("bad_amount", "total_amount of Alipay's answer is not an amount")
        })?;
        let order_no = needed("out_trade_no", &node.out_trade_no)?;
        Ok((order_no, needed("trade_no", &node.trade_no)?, total))
    };
    match needed("trade_status", &node.trade_status)? {
        "WAIT_BUYER_PAY" => Ok(Trade::Waiting),
        "TRADE_SUCCESS" | "TRADE_FINISHED" => {
            let (order_no, trade_no, total) = paid()?;
            VerifiedPayment::new(Provider::Alipay, order_no, trade_no, total).map(Trade::Paid)
        }
        // Closed after money had been sent means that all of it went back.
        "TRADE_CLOSED" if node.send_pay_date.as_deref().is_some_and(|date| !date.is_empty()) => {
            let (order_no, trade_no, total) = paid()?;
            VerifiedRefund::new(Provider::Alipay, order_no, trade_no, total, total)
                .map(Trade::Refunded)
        }
        "TRADE_CLOSED" => Ok(Trade::Closed),
        _ => Err(Error::provider("alipay_status", "Alipay answered an unknown trade_status")),
    }
}

fn needed<'a>(name: &str, value: &'a Option<String>) -> Result<&'a str> {
    value.as_deref().filter(|value| !value.is_empty()).ok_or_else(|| {
        Error::provider("alipay_bad_answer", format!("Alipay's answer lacks {name}"))
    })
}
