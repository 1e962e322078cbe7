//! What members may type.

use super::Input;
use crate::{
    Error, Result,
    domain::{Plan, Subscription},
};

const MAX_NAME: usize = 100;
/// `user.email` of the host is shorter than the tenant's.
const MAX_EMAIL: usize = 100;
const MAX_DOMAIN: usize = 255;
const MAX_NOTES: usize = 1000;
/// bcrypt reads no further.
const MAX_PASSWORD_BYTES: usize = 72;
const MIN_PASSWORD_CHARS: usize = 6;

/// A registration as it may be stored.
#[derive(Debug)]
pub(super) struct Registration {
    pub company_name: String,
    pub email: String,
    pub domain: String,
    pub subscription: Subscription,
    pub notes: String,
}

pub(super) fn registration(input: &Input) -> Result<Registration> {
    Ok(Registration {
        company_name: line(input, "company_name", "请填写公司名称", MAX_NAME)?,
        email: email(input)?,
        domain: domain(input)?,
        subscription: subscription(input)?,
        notes: notes(input)?,
    })
}

/// One line of text: trimmed, not empty, without control characters.
fn line(
    input: &Input,
    field: &'static str,
    if_empty: &'static str,
    max_chars: usize,
) -> Result<String> {
    let text = text(input, field)?.trim();
    if text.is_empty() {
        return Err(Error::input(field, "required", if_empty));
    }
    if text.chars().count() > max_chars {
        return Err(Error::input(field, "too_long", format!("最多 {max_chars} 个字符")));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::input(field, "invalid_characters", "含有不可用的字符"));
    }
    Ok(text.to_owned())
}

fn text<'a>(input: &'a Input, field: &'static str) -> Result<&'a str> {
    input.text(field).ok_or_else(|| Error::input(field, "not_text", "格式不正确"))
}

/// One `@` between a name and a host with a dot; no blanks, quotes or brackets.
fn email(input: &Input) -> Result<String> {
    const FIELD: &str = "email";
    let text = line(input, FIELD, "请填写邮箱", MAX_EMAIL)?;
    let plain = |c: char| {
        !c.is_whitespace()
            && !matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\')
    };
    let valid = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.split('.').count() > 1
            && host.split('.').all(|label| !label.is_empty())
            && !host.contains('@')
            && text.chars().all(plain)
    });
    if valid {
        Ok(text)
    } else {
        Err(Error::input(FIELD, "invalid_email", "邮箱格式不正确"))
    }
}

/// A site's name or address; what the provisioning service gets is what was typed.
fn domain(input: &Input) -> Result<String> {
    const FIELD: &str = "domain";
    let text = line(input, FIELD, "请填写网站域名", MAX_DOMAIN)?;
    let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\');
    if text.chars().any(odd) {
        return Err(Error::input(FIELD, "invalid_domain", "域名格式不正确"));
    }
    Ok(text)
}

fn subscription(input: &Input) -> Result<Subscription> {
    let plan = match text(input, "plan")?.trim() {
        "" => Plan::Basic,
        code => Plan::parse(code)
            .ok_or_else(|| Error::input("plan", "unknown_plan", "请选择有效的套餐"))?,
    };
    let extra = match text(input, "seats")?.trim() {
        "" => 0,
        digits if digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse::<u32>().unwrap_or(u32::MAX)
        }
        _ => return Err(Error::input("seats", "invalid_seats", "额外坐席数须为 0 到 100 的整数")),
    };
    Subscription::new(plan, extra).ok_or_else(|| match plan.max_extra_seats() {
        0 => Error::input("seats", "no_extra_seats", "只有企业版可以增加坐席"),
        most => Error::input("seats", "too_many_seats", format!("额外坐席最多 {most} 个")),
    })
}

/// Free text; line breaks are fine.
fn notes(input: &Input) -> Result<String> {
    const FIELD: &str = "notes";
    let text = text(input, FIELD)?.trim();
    if text.chars().count() > MAX_NOTES {
        return Err(Error::input(FIELD, "too_long", format!("最多 {MAX_NOTES} 个字符")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Error::input(FIELD, "invalid_characters", "含有不可用的字符"));
    }
    Ok(text.to_owned())
}

/// The old and the new password of a change.
pub(super) fn password_change(input: &Input) -> Result<(&str, &str)> {
    let old = text(input, "old_password")?;
    if old.is_empty() {
        return Err(Error::input("old_password", "required", "请填写当前密码"));
    }
    Ok((old, new_password(input)?))
}

/// A new password, typed twice.
pub(super) fn new_password(input: &Input) -> Result<&str> {
    let new = text(input, "new_password")?;
    let confirm = text(input, "confirm_password")?;
    if new.chars().count() < MIN_PASSWORD_CHARS {
        return Err(Error::input("new_password", "password_too_short", "新密码至少 6 位"));
    }
    if new.len() > MAX_PASSWORD_BYTES || new.contains('\0') {
        return Err(Error::input("new_password", "password_too_long", "新密码最多 72 字节"));
    }
    if new != confirm {
        return Err(Error::input(
            "confirm_password",
            "password_mismatch",
            "两次输入的新密码不一致",
        ));
    }
    Ok(new)
}

/// The address of somebody who forgot the password. Accounts that the site made may have addresses
/// that a registration would refuse.
pub(super) fn address(typed: &str) -> Result<&str> {
    const FIELD: &str = "email";
    let email = typed.trim();
    if email.is_empty() {
        return Err(Error::input(FIELD, "required", "请填写邮箱"));
    }
    if email.chars().count() > MAX_EMAIL {
        return Err(Error::input(FIELD, "too_long", format!("最多 {MAX_EMAIL} 个字符")));
    }
    if !email.contains('@') || email.chars().any(char::is_control) {
        return Err(Error::input(FIELD, "invalid_email", "邮箱格式不正确"));
    }
    Ok(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(fields: &[(&str, &str)]) -> Input {
        let base = [("company_name", "Acme"), ("email", "a@b.cn"), ("domain", "acme.cn")];
        base.iter().chain(fields).map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect()
    }

    fn refused(fields: &[(&str, &str)]) -> Option<(&'static str, &'static str)> {
        registration(&input(fields)).err().map(|e| (e.field().unwrap_or(""), e.key()))
    }

    #[test]
    fn a_plain_registration_passes() {
        let ok = registration(&input(&[("notes", "第一行\n第二行")])).unwrap();
        assert_eq!(ok.subscription.plan(), Plan::Basic);
        assert_eq!(refused(&[("company_name", " <b>A&B</b> ")]), None);
        assert_eq!(refused(&[("domain", "https://shop.example.com:8080/a")]), None);
    }

    #[test]
    fn each_field_has_its_error() {
        let long = "x".repeat(1_000_000);
        for (field, value, key) in [
            ("company_name", "  ", "required"),
            ("company_name", "a\0b", "invalid_characters"),
            ("company_name", long.as_str(), "too_long"),
            ("email", "", "required"),
            ("email", "a@b@c.cn", "invalid_email"),
            ("email", "a@b", "invalid_email"),
            ("email", "@b.cn", "invalid_email"),
            ("email", "a b@c.cn", "invalid_email"),
            ("email", "a@b..cn", "invalid_email"),
            ("email", "\"a\"@b.cn", "invalid_email"),
            ("email", "a@b.cn\r\nBcc: c@d.cn", "invalid_characters"),
            ("email", long.as_str(), "too_long"),
            ("domain", "", "required"),
            ("domain", "a b", "invalid_domain"),
            ("domain", "<script>", "invalid_domain"),
            ("domain", long.as_str(), "too_long"),
            ("plan", "gold", "unknown_plan"),
            ("seats", "-1", "invalid_seats"),
            ("seats", "1.5", "invalid_seats"),
            ("seats", "1e2", "invalid_seats"),
            ("seats", "99999999999999999999", "invalid_seats"),
            ("seats", "1", "no_extra_seats"),
            ("notes", long.as_str(), "too_long"),
            ("notes", "\0", "invalid_characters"),
        ] {
            assert_eq!(refused(&[(field, value)]), Some((field, key)), "{field}={value:.20}");
        }
        assert_eq!(
            refused(&[("plan", "enterprise"), ("seats", "101")]),
            Some(("seats", "too_many_seats"))
        );
        assert_eq!(refused(&[("plan", "enterprise"), ("seats", "100")]), None);
    }

    #[test]
    fn what_is_not_text_is_refused_by_name() {
        for field in ["company_name", "email", "domain", "plan", "seats", "notes"] {
            let mut input = input(&[]);
            input.insert(field, None);
            let error = registration(&input).unwrap_err();
            assert_eq!((error.field(), error.key()), (Some(field), "not_text"));
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(address(" a@b ").unwrap(), "a@b");
        for (typed, key) in [
            ("", "required"),
            (" \t", "required"),
            ("nobody", "invalid_email"),
            ("a@b\0", "invalid_email"),
            ("a@b\r\nBcc: c@d.cn", "invalid_email"),
            (&"a@".repeat(51), "too_long"),
        ] {
            assert_eq!(address(typed).map_err(|e| (e.field(), e.key())), Err((Some("email"), key)));
        }
    }

    #[test]
    fn passwords() {
        let change = |old: &str, new: &str, confirm: &str| {
            let input: Input =
                [("old_password", old), ("new_password", new), ("confirm_password", confirm)]
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), Some(v.to_owned())))
                    .collect();
            password_change(&input).map(|_| ()).map_err(|e| e.key())
        };
        assert_eq!(change("o", "123456", "123456"), Ok(()));
        assert_eq!(change("", "123456", "123456"), Err("required"));
        assert_eq!(change("o", "12345", "12345"), Err("password_too_short"));
        assert_eq!(change("o", "123456", "123457"), Err("password_mismatch"));
        assert_eq!(change("o", &"x".repeat(73), &"x".repeat(73)), Err("password_too_long"));
        assert_eq!(change("o", "123\x00456", "123\x00456"), Err("password_too_long"));
    }
}
