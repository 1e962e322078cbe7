//! What there is to tell, and to whom the words for it belong.

use jiff::civil::DateTime;

use super::{
    member,
    page::{Frame, Rendered},
    support,
};
use crate::{
    Secret,
    domain::{Fen, channel::Channel},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// The value of `chathub_member.language`; Chinese for anything else.
    pub fn parse(code: &str) -> Self {
        if code == "en" { Self::English } else { Self::Chinese }
    }

    pub(super) fn pick<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// For the `lang` attribute.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// The site's pages, under its configured address.
#[derive(Clone, Debug)]
pub struct Links {
    /// Without a slash at the end.
    base: String,
}

impl Links {
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    fn page(&self, action: &str) -> String {
        format!("{}/addons/chathub/index/{action}", self.base)
    }

    pub(super) fn my(&self) -> String {
        self.page("my")
    }

    pub(super) fn login(&self) -> String {
        self.page("login")
    }

    pub(super) fn renew(&self, tenant_id: u32) -> String {
        self.page(&format!("renew?id={tenant_id}"))
    }

    pub(super) fn shops(&self, tenant_id: u32) -> String {
        self.page(&format!("channelList?tenant={tenant_id}"))
    }

    pub(super) fn forgot_password(&self) -> String {
        self.page("forgotPassword")
    }

    pub(super) fn reset_password(&self, token: &Secret) -> String {
        self.page(&format!("resetPassword?token={}", token.reveal()))
    }

    pub(super) fn confirm_email(&self, token: &Secret) -> String {
        self.page(&format!("confirmEmail?token={}", token.reveal()))
    }
}

/// Who writes.
#[derive(Clone, Debug)]
pub struct Site {
    pub name: String,
    pub support_email: Option<String>,
    /// `None`: the site's address is not configured, and letters go without links.
    pub links: Option<Links>,
}

#[derive(Clone, Debug)]
pub struct TenantFacts {
    pub id: u32,
    pub company: String,
    pub domain: String,
}

/// A shop account of a platform.
#[derive(Clone, Debug)]
pub struct ShopFacts {
    pub tenant: TenantFacts,
    pub channel: Channel,
    /// What it is called, or its id there.
    pub name: Option<String>,
}

/// Why a shop account has to be authorised again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyEnded {
    /// Its tokens have ended, and could not be renewed.
    Ended,
    /// The platform refuses to renew it.
    Refused,
    /// It belongs to another application than the site has now.
    AppChanged,
    /// The platform's new tokens do not fit into the table.
    TooLong,
}

/// Money that somebody has to look at.
#[derive(Clone, Debug)]
pub struct Review {
    pub provider: String,
    pub trade_no: String,
    pub order_no: String,
    /// The ledger's.
    pub outcome: String,
    pub amount: Option<Fen>,
    pub tenant: Option<TenantFacts>,
}

/// A letter that was given up.
#[derive(Clone, Debug)]
pub struct MailFailure {
    pub kind: String,
    pub recipient: String,
    pub error: String,
    pub tenant: Option<TenantFacts>,
}

/// A letter's facts. All moments are in the site's zone.
#[derive(Clone, Debug)]
pub enum Letter {
    AccountCreated {
        email: String,
        company: Option<String>,
    },
    ConfirmEmail {
        email: String,
        token: Secret,
    },
    PasswordReset {
        email: String,
        token: Secret,
        minutes: u32,
    },
    TenantReady {
        tenant: TenantFacts,
        embed_code: Option<String>,
    },
    Receipt {
        company: Option<String>,
        order_no: String,
        /// The code; old rows may hold any text.
        plan: String,
        amount: Fen,
        /// What was charged when that is less: a test.
        charged_in_test: Option<Fen>,
        paid_at: Option<DateTime>,
        service_until: Option<DateTime>,
        provider: Option<String>,
    },
    /// The service ends in `days_left` days, or today.
    Expiring {
        tenant: TenantFacts,
        expire_at: DateTime,
        days_left: i32,
    },
    Ended {
        tenant: TenantFacts,
        expire_at: DateTime,
        suspended_from: Option<DateTime>,
    },
    Suspended {
        tenant: TenantFacts,
        expire_at: DateTime,
    },
    /// A shop account ends, and only the member can renew it.
    ChannelExpiring {
        shop: ShopFacts,
        expires_at: DateTime,
    },
    ChannelExpired {
        shop: ShopFacts,
        /// `None`: its tokens would have been good for longer.
        ended_at: Option<DateTime>,
        why: WhyEnded,
    },
    Registered {
        tenant: TenantFacts,
        email: String,
        plan: String,
        seats: u32,
    },
    PaymentToReview(Review),
    /// What became of an order at its provider was never answered.
    OrderUnclear {
        order_no: String,
        provider: String,
        amount: Fen,
        tenant: Option<TenantFacts>,
    },
    DeadJob {
        tenant: TenantFacts,
        kind: String,
        attempts: u32,
        error: String,
    },
    MailFailed(MailFailure),
}

/// The letter in both forms. Letters to the site's support are in Chinese, whatever `language` says.
pub fn render(letter: &Letter, site: &Site, language: Language) -> Rendered {
    let (page, reason, support_email) = match member::write(letter, site, language) {
        Some(page) => (page, member::reason(letter, site, language), site.support_email.as_deref()),
        // The support need not be told whom to ask.
        None => (support::write(letter, site), support::reason(site), None),
    };
    let frame = Frame { site_name: &site.name, support_email, reason };
    page.rendered(&frame)
}

/// A moment to the minute.
pub(super) fn moment(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn provider_name(code: &str, language: Language) -> String {
    match code {
        "alipay" => language.pick("支付宝", "Alipay").to_owned(),
        "wechat" => language.pick("微信支付", "WeChat Pay").to_owned(),
        other => other.to_owned(),
    }
}

pub(super) fn plan_name(code: &str, language: Language) -> String {
    use crate::domain::Plan;
    let Some(plan) = Plan::parse(code) else { return code.to_owned() };
    let english = match plan {
        Plan::Basic => "Basic",
        Plan::Pro => "Professional",
        Plan::Enterprise => "Enterprise",
    };
    language.pick(plan.name(), english).to_owned()
}
