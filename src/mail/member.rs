//! Letters to members, in their language.

use super::{
    letter::{Language, Letter, Site, TenantFacts, moment},
    page::{Block, Page, Tone},
};

/// `None`: the letter is not for members.
pub(super) fn write(letter: &Letter, site: &Site, language: Language) -> Option<Page> {
    let w = Writer { site, language };
    let page = match letter {
        Letter::AccountCreated { email, company } => w.account_created(email, company.as_deref()),
        Letter::ConfirmEmail { email, token } => {
            let url = site.links.as_ref().map(|links| links.confirm_email(token));
            w.confirm_email(email, url)
        }
        Letter::PasswordReset { email, token, minutes } => {
            let url = site.links.as_ref().map(|links| links.reset_password(token));
            w.password_reset(email, url, *minutes)
        }
        Letter::TenantReady { tenant, embed_code } => w.tenant_ready(tenant, embed_code.as_deref()),
        Letter::Receipt { .. } => w.receipt(letter)?,
        Letter::Expiring { tenant, expire_at, days_left } => {
            w.expiring(tenant, &moment(*expire_at), *days_left)
        }
        Letter::Ended { tenant, expire_at, suspended_from } => {
            w.ended(tenant, &moment(*expire_at), suspended_from.map(moment))
        }
        Letter::Suspended { tenant, expire_at } => w.suspended(tenant, &moment(*expire_at)),
        Letter::ChannelExpiring { .. } | Letter::ChannelExpired { .. } => {
            w.about_channel(letter)?
        }
        Letter::Registered { .. }
        | Letter::PaymentToReview(_)
        | Letter::OrderUnclear { .. }
        | Letter::DeadJob { .. }
        | Letter::MailFailed(_) => return None,
    };
    Some(page)
}

/// Why the reader gets this.
pub(super) fn reason(letter: &Letter, site: &Site, language: Language) -> String {
    let name = &site.name;
    match letter {
        Letter::PasswordReset { .. } => language.pick(
            format!("有人在 {name} 请求重设这个邮箱的登录密码，所以您收到了这封邮件。"),
            format!("You receive this because a new password was requested for this address at {name}."),
        ),
        _ => language.pick(
            format!("您在 {name} 有账号，所以收到了这封服务通知。邮件由系统自动发出。"),
            format!("You receive this service notice because you have an account at {name}. It was sent automatically."),
        ),
    }
}

pub(super) struct Writer<'a> {
    pub(super) site: &'a Site,
    pub(super) language: Language,
}

impl Writer<'_> {
    pub(super) fn page(&self, subject: (String, String), preheader: (String, String)) -> Page {
        let subject = self.language.pick(subject.0, subject.1);
        Page {
            language: self.language,
            title: subject.clone(),
            subject: format!("{subject} - {}", self.site.name),
            preheader: self.language.pick(preheader.0, preheader.1),
            blocks: Vec::new(),
        }
    }

    pub(super) fn text(&self, chinese: impl Into<String>, english: impl Into<String>) -> Block {
        Block::Text(self.language.pick(chinese.into(), english.into()))
    }

    pub(super) fn note(
        &self,
        tone: Tone,
        chinese: impl Into<String>,
        english: impl Into<String>,
    ) -> Block {
        Block::Note { tone, text: self.language.pick(chinese.into(), english.into()), link: None }
    }

    pub(super) fn button(
        &self,
        chinese: &'static str,
        english: &'static str,
        url: String,
    ) -> Block {
        Block::Button { label: self.language.pick(chinese, english), url, spelled_out: None }
    }

    /// A button whose address matters so much that it is spelled out as well.
    pub(super) fn link(&self, chinese: &'static str, english: &'static str, url: String) -> Block {
        let words = self.language.pick(
            "按钮点不开时，请把这个地址复制到浏览器：",
            "If the button does not work, copy this address into your browser:",
        );
        Block::Button { label: self.language.pick(chinese, english), url, spelled_out: Some(words) }
    }

    pub(super) fn fact(
        &self,
        chinese: &'static str,
        english: &'static str,
        value: impl Into<String>,
    ) -> (&'static str, String) {
        (self.language.pick(chinese, english), value.into())
    }

    pub(super) fn tenant(&self, tenant: &TenantFacts) -> Vec<(&'static str, String)> {
        vec![
            self.fact("公司", "Company", &tenant.company),
            self.fact("网站", "Website", &tenant.domain),
        ]
    }
}
