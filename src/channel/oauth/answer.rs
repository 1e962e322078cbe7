//! A platform's answer, read strictly. What is no clear yes or no may have had its effect.

use serde_json::{Map, Value};

use super::{Granted, Refusal, Trouble};
use crate::{
    Secret,
    channel::platforms::{Platform, Style},
    http::Response,
};

/// No platform's token is longer; with two of them the stored credentials would not fit.
const TOKEN_MAX: usize = 2048;
const NAME_MAX: usize = 200;
const TEXT_MAX: usize = 200;
/// Longer runs without a blank are no words.
const WORD_MAX: usize = 20;

/// `secrets`: what was sent, which no error text may repeat.
pub fn read(
    platform: &Platform,
    response: &Response,
    secrets: &[&str],
) -> Result<Granted, Trouble> {
    let status = response.status;
    let unclear = |what: &str| Trouble::Unknown(format!("HTTP {status}: {what}"));
    if (500..600).contains(&status) {
        // It may have happened, whatever the page says.
        return Err(unclear("the platform failed"));
    }
    if status == 429 {
        return Err(Trouble::Refused(Refusal::Busy, "HTTP 429: too many requests".into()));
    }
    let body = match serde_json::from_slice::<Value>(&response.body) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(unclear("the answer is no JSON object")),
        Err(_) => return Err(unclear("the answer is no JSON")),
    };
    if let Some((code, words)) = said_no(platform.style, &body) {
        let kind = kind(platform, &code, &words);
        let text = format!("HTTP {status}: {}", plain(&format!("{code} {words}"), secrets));
        return Err(Trouble::Refused(kind, text));
    }
    let said = match platform.style {
        Style::Data => body.get("data").and_then(Value::as_object),
        Style::Rfc | Style::Code | Style::ErrorResponse => Some(&body),
    };
    if status != 200 {
        return Err(unclear("neither tokens nor an error"));
    }
    let granted = said.and_then(|said| granted(platform, said));
    granted.ok_or_else(|| unclear("the answer holds no usable access token"))
}

/// The code and the words of a refusal.
fn said_no(style: Style, body: &Map<String, Value>) -> Option<(String, String)> {
    let in_object = |object: &Map<String, Value>, code: &str, words: &str| {
        (scalar(object.get(code)), scalar(object.get(words)))
    };
    match style {
        Style::Rfc => {
            body.get("error").filter(|e| !e.is_null())?;
            Some(in_object(body, "error", "error_description"))
        }
        Style::Code => {
            let code = scalar(body.get("code"));
            (!matches!(code.as_str(), "" | "0"))
                .then(|| (code, scalar(body.get("msg").or_else(|| body.get("message")))))
        }
        Style::ErrorResponse => {
            let error = body.get("error_response")?.as_object()?;
            Some(in_object(error, "error_code", "error_msg"))
        }
        Style::Data => {
            let data = body.get("data").and_then(Value::as_object);
            let code = data.map(|data| scalar(data.get("error_code"))).unwrap_or_default();
            (!matches!(code.as_str(), "" | "0")).then(|| {
                (code, data.map(|data| scalar(data.get("description"))).unwrap_or_default())
            })
        }
    }
}

/// What the refusal means. The platforms' lists of codes are not complete, so their words count, too.
fn kind(platform: &Platform, code: &str, words: &str) -> Refusal {
    if platform.final_codes.contains(&code) {
        return Refusal::Grant;
    }
    if platform.app_codes.contains(&code) {
        return Refusal::App;
    }
    let words = format!("{code} {words}").to_lowercase();
    let holds = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let token = ["refresh_token", "refresh token", "refreshtoken", "刷新令牌"];
    let ended = ["过期", "失效", "无效", "不存在", "expire", "invalid", "revoked", "used"];
    let app = ["app_key", "app_secret", "appkey", "client_id", "clientid", "client_secret", "秘钥"];
    let busy = ["繁忙", "频繁", "too many", "rate limit", "call-limited", "busy"];
    if holds(&token) && holds(&ended) {
        Refusal::Grant
    } else if holds(&app) {
        Refusal::App
    } else if holds(&busy) {
        Refusal::Busy
    } else {
        Refusal::Other
    }
}

fn granted(platform: &Platform, said: &Map<String, Value>) -> Option<Granted> {
    let clipped = |text: String| {
        let text: String = text.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    };
    let name = |key: Option<&str>| clipped(scalar(said.get(key?)));
    let refresh_token = match said.get("refresh_token") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.is_empty() => None,
        // Something that cannot be used stands there: the answer cannot be believed.
        Some(value) => Some(token(value)?),
    };
    Some(Granted {
        access_token: token(said.get("access_token")?)?,
        refresh_token,
        life: number(said.get("expires_in")),
        refresh_life: platform.refresh_life.and_then(|key| number(said.get(key))),
        shop_id: name(platform.shop_id),
        // Taobao writes the shop's name as it would stand in a URL: nine letters for a Chinese one.
        shop_name: platform.shop_name.and_then(|key| clipped(unescaped(&scalar(said.get(key))))),
        open_id: name(Some("open_id")),
    })
}

fn token(value: &Value) -> Option<Secret> {
    let text = value.as_str()?;
    let plausible =
        (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    plausible.then(|| Secret::new(text))
}

/// A number, or one written as a text; what is neither says nothing.
fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.is_finite()).map(|n| n as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn scalar(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

fn unescaped(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let decoded = form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    decoded.filter(|text| !text.contains('\u{fffd}')).unwrap_or_else(|| text.to_owned())
}

/// A platform's words for a log line: bounded, without control characters, without anything that was
/// sent, and without anything that could be a token.
pub fn plain(text: &str, secrets: &[&str]) -> String {
    let mut text: String = text.chars().take(4 * TEXT_MAX).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let like_token = |c: char| c.is_ascii_graphic();
    let mut plain = String::new();
    let mut run = String::new();
    for c in text.chars().filter(|c| !c.is_control()).chain([' ']) {
        if like_token(c) {
            run.push(c);
            continue;
        }
        plain += if run.len() > WORD_MAX { "***" } else { &run };
        run.clear();
        plain.push(c);
    }
    plain.trim().chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::platforms::{AMAZON, JD, PDD, TAOBAO, TIKTOK};

    fn answer(platform: &Platform, status: u16, body: &str) -> Result<Granted, Trouble> {
        let response = Response { status, headers: Vec::new(), body: body.into() };
        read(platform, &response, &["the-refresh-token"])
    }

    fn refusal(platform: &Platform, status: u16, body: &str) -> Refusal {
        match answer(platform, status, body) {
            Err(Trouble::Refused(kind, _)) => kind,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn each_platform_says_no_in_its_own_way() {
        let grant = r#"{"error":"invalid_grant","error_description":"the-refresh-token expired"}"#;
        assert_eq!(refusal(&AMAZON, 400, grant), Refusal::Grant);
        assert_eq!(refusal(&AMAZON, 401, r#"{"error":"invalid_client"}"#), Refusal::App);
        assert_eq!(
            refusal(&JD, 200, r#"{"code":401,"msg":"refresh_token已过期"}"#),
            Refusal::Grant
        );
        assert_eq!(refusal(&JD, 200, r#"{"code":"500","msg":"系统异常"}"#), Refusal::Other);
        assert_eq!(refusal(&TAOBAO, 400, grant), Refusal::Grant);
        assert_eq!(
            refusal(
                &PDD,
                200,
                r#"{"error_response":{"error_code":10019,"error_msg":"refresh_token过期"}}"#
            ),
            Refusal::Grant
        );
        assert_eq!(
            refusal(
                &TIKTOK,
                200,
                r#"{"data":{"error_code":10010,"description":"x"},"message":"error"}"#
            ),
            Refusal::Grant
        );
        assert_eq!(
            refusal(&TIKTOK, 200, r#"{"data":{"error_code":2100004,"description":"系统繁忙"}}"#),
            Refusal::Busy
        );
        assert_eq!(refusal(&JD, 200, r#"{"code":403,"msg":"app_secret不正确"}"#), Refusal::App);
        assert_eq!(refusal(&JD, 429, "<html>"), Refusal::Busy);
        let shown = format!("{:?}", answer(&AMAZON, 400, grant));
        assert!(!shown.contains("the-refresh-token"), "{shown}");
    }

    #[test]
    fn what_is_neither_yes_nor_no_may_have_happened() {
        for (status, body) in [
            (200, "<html>maintenance</html>"),
            (200, ""),
            (200, "[]"),
            (200, "{}"),
            (200, r#"{"access_token":5}"#),
            (200, r#"{"access_token":""}"#),
            (200, r#"{"access_token":"a b"}"#),
            (200, r#"{"access_token":"a","refresh_token":{}}"#),
            (500, r#"{"error":"invalid_grant"}"#),
            (302, r#"{"access_token":"a"}"#),
        ] {
            for platform in [&AMAZON, &JD, &TAOBAO, &PDD, &TIKTOK] {
                let answer = answer(platform, status, body);
                let unclear = matches!(answer, Err(Trouble::Unknown(_)))
                    || (body.contains("error") && matches!(answer, Err(Trouble::Refused(..))));
                assert!(unclear, "{status} {body}: {answer:?}");
            }
        }
    }

    #[test]
    fn tokens_and_what_stands_beside_them() {
        let jd = r#"{"code":0,"access_token":"a","refresh_token":"r","expires_in":"86400",
            "open_id":"o1","scope":"x","time":"1","unknown":{"deep":[1]}}"#;
        let granted = answer(&JD, 200, jd).unwrap();
        assert_eq!((granted.life, granted.shop_id.as_deref()), (Some(86400), Some("o1")));
        let taobao = r#"{"access_token":"s","refresh_token":"r","expires_in":1e3,"re_expires_in":0,
            "taobao_user_id":"123","taobao_user_nick":"%E5%95%86%E5%AE%B6%2B1"}"#;
        let granted = answer(&TAOBAO, 200, taobao).unwrap();
        assert_eq!(granted.shop_name.as_deref(), Some("商家+1"));
        assert_eq!((granted.life, granted.refresh_life), (Some(1000), Some(0)));
        let long = taobao.replace("%E5%95%86", &"%E5%95%86".repeat(300));
        let granted = answer(&TAOBAO, 200, &long).unwrap();
        assert_eq!(granted.shop_name.unwrap(), "商".repeat(NAME_MAX));
        let pdd = r#"{"access_token":"a","refresh_token":"r","owner_id":42,"owner_name":"店","scope":["x"]}"#;
        let granted = answer(&PDD, 200, pdd).unwrap();
        assert_eq!((granted.shop_id.as_deref(), granted.life), (Some("42"), None));
        let tiktok = r#"{"data":{"access_token":"a","refresh_token":"","open_id":"o","expires_in":"x",
            "error_code":"0"},"message":"success"}"#;
        let granted = answer(&TIKTOK, 200, tiktok).unwrap();
        assert!(granted.refresh_token.is_none() && granted.life.is_none());
        assert_eq!(format!("{granted:?}"), "Granted(***)");
    }

    #[test]
    fn words_stay_and_tokens_go() {
        assert_eq!(plain("invalid_grant 已过期", &[]), "invalid_grant 已过期");
        assert_eq!(plain("bad secret\u{7}, sorry", &["secret"]), "bad ***, sorry");
        assert_eq!(plain("token=act.f7094fbffab2ecbf 过期", &[]), "*** 过期");
        assert!(plain(&"长".repeat(500), &[]).chars().count() <= TEXT_MAX);
    }
}
