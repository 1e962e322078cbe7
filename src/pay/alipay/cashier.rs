//! Requests: the public parameters, and the cashier's URL.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::Serialize;

use super::config::Alipay;
use super::sign::join_sorted;
use crate::error::{Error, Result};
use crate::pay::OrderRequest;

/// Longest `subject` that Alipay takes, in characters.
const SUBJECT_MAX: usize = 256;

#[derive(Serialize)]
struct PagePay<'a> {
    out_trade_no: &'a str,
    total_amount: String,
    subject: String,
    product_code: &'static str,
    time_expire: String,
    /// Where a phone's buyer lands who gives up.
    #[serde(skip_serializing_if = "Option::is_none")]
    quit_url: Option<&'a str>,
}

impl Alipay {
    /// The signed URL of the cashier: `alipay.trade.wap.pay` for a phone, else
    /// `alipay.trade.page.pay`.
    pub fn cashier_url(
        &self,
        order: &OrderRequest,
        mobile: bool,
        now: Timestamp,
    ) -> Result<String> {
        let (method, product_code) = match mobile {
            true => ("alipay.trade.wap.pay", "QUICK_WAP_WAY"),
            false => ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
        };
        let expires_at = Timestamp::from_second(order.expires_at)
            .map_err(|_| Error::input("order", "bad_time", "订单时间超出范围"))?;
        let content = PagePay {
            out_trade_no: order.order_no,
            total_amount: order.amount.to_string(),
            subject: subject(order.subject),
            product_code,
            time_expire: shanghai(expires_at),
            quit_url: order.return_url.filter(|_| mobile),
        };
        let mut params = self.params(method, &content, now)?;
        params.push(("notify_url", order.notify_url.to_owned()));
        params.push(("return_url", order.return_url.unwrap_or_default().to_owned()));
        Ok(format!("{}?{}", self.gateway, encode(&self.signed(params)?)))
    }

    /// The public parameters of a request.
    pub(super) fn params(
        &self,
        method: &str,
        content: &impl Serialize,
        now: Timestamp,
    ) -> Result<Vec<(&'static str, String)>> {
        let content = serde_json::to_string(content)
            .map_err(|_| Error::input("order", "bad_order", "订单内容无法发送"))?;
        let mut params = vec![
            ("app_id", self.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", shanghai(now)),
            ("version", "1.0".to_owned()),
            ("biz_content", content),
        ];
        if let Some(certificates) = &self.certificates {
            params.push(("app_cert_sn", certificates.app_cert_sn.clone()));
            params.push(("alipay_root_cert_sn", certificates.root_cert_sn.clone()));
        }
        Ok(params)
    }

    /// Adds the signature; empty values are neither signed nor sent.
    pub(super) fn signed(
        &self,
        mut params: Vec<(&'static str, String)>,
    ) -> Result<Vec<(&'static str, String)>> {
        params.retain(|(_, value)| !value.is_empty());
        let text =
            join_sorted(params.iter().map(|(name, value)| (*name, value.as_str())).collect());
        params.push(("sign", self.private_key.sign(text.as_bytes())?));
        Ok(params)
    }
}

pub(super) fn encode<'a>(params: impl IntoIterator<Item = &'a (&'static str, String)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

/// `yyyy-MM-dd HH:mm:ss` in China's time, whatever the server's zone. (China has had one offset
/// and no summer time since 1991, so no time-zone data is needed.)
fn shanghai(time: Timestamp) -> String {
    time.to_zoned(TimeZone::fixed(offset(8))).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Alipay refuses `/ = &` and control characters in a subject.
fn subject(text: &str) -> String {
    let clean = |c: char| if c.is_control() || "/=&".contains(c) { ' ' } else { c };
    let text: String = text.chars().map(clean).take(SUBJECT_MAX).collect();
    match text.trim() {
        "" => "ChatHub".to_owned(),
        text => text.to_owned(),
    }
}

/// Whether a browser is better served by the phone's cashier.
pub fn is_mobile(user_agent: &str) -> bool {
    let agent = user_agent.to_ascii_lowercase();
    // WeChat and Alipay on a desktop name themselves, too, but not as mobile.
    ["mobile", "android", "iphone", "ipod", "harmonyos", "windows phone"]
        .iter()
        .any(|word| agent.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shanghai() {
        let at = |unix| shanghai(Timestamp::from_second(unix).unwrap());
        assert_eq!(at(0), "1970-01-01 08:00:00");
        assert_eq!(at(1_703_147_192), "2023-12-21 16:26:32");
        shanghai(Timestamp::MAX);
        shanghai(Timestamp::MIN);
    }

    #[test]
    fn subjects_lose_what_alipay_refuses() {
        assert_eq!(subject("A&B = C/D\n中文 + 😀"), "A B   C D 中文 + 😀");
        assert_eq!(subject(" \0 "), "ChatHub");
        assert_eq!(subject(&"订".repeat(300)).chars().count(), 256);
    }

    #[test]
    fn phones() {
        for phone in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Phone; HarmonyOS 2.0) AppleWebKit",
        ] {
            assert!(is_mobile(phone), "{phone}");
        }
        for desktop in [
            "",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/17.0 Safari/605.1.15",
            "Mozilla/5.0 (Windows NT 10.0) MicroMessenger/3.9 WindowsWechat",
        ] {
            assert!(!is_mobile(desktop), "{desktop}");
        }
    }
}
