//! Letters to members, in their language.

use super::{
    letter::{Language, Letter, Site, TenantFacts, moment, plan_name, provider_name},
    page::{Block, Page, Tone},
};
use crate::domain::Fen;

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
        Letter::Registered { .. }
        | Letter::PaymentToReview(_)
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

struct Writer<'a> {
    site: &'a Site,
    language: Language,
}

impl Writer<'_> {
    fn page(&self, subject: (String, String), preheader: (String, String)) -> Page {
        let subject = self.language.pick(subject.0, subject.1);
        Page {
            language: self.language,
            title: subject.clone(),
            subject: format!("{subject} - {}", self.site.name),
            preheader: self.language.pick(preheader.0, preheader.1),
            blocks: Vec::new(),
        }
    }

    fn text(&self, chinese: impl Into<String>, english: impl Into<String>) -> Block {
        Block::Text(self.language.pick(chinese.into(), english.into()))
    }

    fn note(&self, tone: Tone, chinese: impl Into<String>, english: impl Into<String>) -> Block {
        Block::Note { tone, text: self.language.pick(chinese.into(), english.into()), link: None }
    }

    fn button(&self, chinese: &'static str, english: &'static str, url: String) -> Block {
        Block::Button { label: self.language.pick(chinese, english), url }
    }

    fn fact(
        &self,
        chinese: &'static str,
        english: &'static str,
        value: impl Into<String>,
    ) -> (&'static str, String) {
        (self.language.pick(chinese, english), value.into())
    }

    fn tenant(&self, tenant: &TenantFacts) -> Vec<(&'static str, String)> {
        vec![
            self.fact("公司", "Company", &tenant.company),
            self.fact("网站", "Website", &tenant.domain),
        ]
    }

    fn account_created(&self, email: &str, company: Option<&str>) -> Page {
        let site = &self.site.name;
        let mut page = self.page(
            ("欢迎，您的账号已开通".into(), "Welcome, your account is ready".into()),
            (
                format!("登录邮箱 {email}，在会员中心管理坐席、订单与嵌入代码。"),
                format!("Sign in as {email} to manage your seats, orders and embed code."),
            ),
        );
        page.blocks.push(self.text(
            format!("感谢注册 {site}。您可以在会员中心查看开通进度、获取嵌入代码、续费和查看订单。"),
            format!(
                "Thank you for registering at {site}. Your member centre shows the progress of your \
                 set-up, the embed code, renewals and orders."
            ),
        ));
        let mut facts = vec![self.fact("登录邮箱", "Sign in as", email)];
        if let Some(company) = company {
            facts.insert(0, self.fact("公司", "Company", company));
        }
        let links = self.site.links.as_ref();
        if let Some(links) = links {
            facts.push(self.fact("登录地址", "Sign-in page", links.login()));
        }
        page.blocks.push(Block::Facts(facts));
        if let Some(links) = links {
            page.blocks.push(self.button("登录会员中心", "Sign in", links.login()));
        }
        let link = links.map(|links| links.forgot_password());
        let text = match link {
            Some(_) => self.language.pick(
                "初始密码只在注册完成页显示过一次，出于安全考虑不会写在邮件里。没有记下的话，请在这里设置新密码：",
                "The first password was shown once, on the page after registration; for your safety it is never sent by mail. If you did not keep it, set a new one here:",
            ),
            None => self.language.pick(
                "初始密码只在注册完成页显示过一次，出于安全考虑不会写在邮件里。没有记下的话，请联系客服。",
                "The first password was shown once, on the page after registration; for your safety it is never sent by mail. If you did not keep it, please write to the support.",
            ),
        };
        page.blocks.push(Block::Note { tone: Tone::Calm, text: text.into(), link });
        page
    }

    fn confirm_email(&self, email: &str, url: Option<String>) -> Page {
        let mut page = self.page(
            ("请确认您的邮箱".into(), "Please confirm your address".into()),
            (
                "确认之后，我们才会为您开通客服坐席。".into(),
                "Your seats are set up once the address is confirmed.".into(),
            ),
        );
        page.blocks.push(self.text(
            format!("请确认 {email} 是您的邮箱。确认之后，系统会立即开始为您开通客服坐席。"),
            format!("Please confirm that {email} is your address. Your seats are set up as soon as it is confirmed."),
        ));
        page.blocks.extend(url.map(|url| self.button("确认邮箱", "Confirm address", url)));
        page.blocks.push(self.note(
            Tone::Calm,
            "链接 3 天内有效，只能使用一次。如果您没有在本站注册，请忽略这封邮件。",
            "The link works once, for 3 days. If you did not register, please ignore this mail.",
        ));
        page
    }

    fn password_reset(&self, email: &str, url: Option<String>, minutes: u32) -> Page {
        let mut page = self.page(
            ("重设登录密码".into(), "Set a new password".into()),
            (
                format!("链接 {minutes} 分钟内有效，只能使用一次。"),
                format!("The link works once, for {minutes} minutes."),
            ),
        );
        page.blocks.push(self.text(
            format!("我们收到了重设 {email} 登录密码的请求。点击下面的按钮，设置新密码。"),
            format!("A new password was requested for {email}. Use the button below to set one."),
        ));
        page.blocks.extend(url.map(|url| self.button("设置新密码", "Set a new password", url)));
        page.blocks.push(self.note(
            Tone::Calm,
            format!("链接 {minutes} 分钟内有效，只能使用一次。如果不是您本人操作，请忽略这封邮件，您的密码不会改变；请不要把链接转发给任何人。"),
            format!("The link works once, for {minutes} minutes. If it was not you, ignore this mail and your password stays as it is. Please pass the link on to nobody."),
        ));
        page
    }

    fn tenant_ready(&self, tenant: &TenantFacts, embed_code: Option<&str>) -> Page {
        let domain = &tenant.domain;
        let mut page = self.page(
            (
                format!("{} 的客服坐席已开通", tenant.company),
                format!("Customer service for {} is ready", tenant.company),
            ),
            (
                "把嵌入代码粘贴到网站里，访客就能和您对话。".into(),
                "Paste the embed code into your site, and visitors can talk to you.".into(),
            ),
        );
        page.title = self.language.pick("坐席已开通", "Your seats are ready").into();
        page.blocks.push(Block::Facts(self.tenant(tenant)));
        match embed_code {
            Some(code) => {
                page.blocks.push(self.text(
                    format!("只差最后一步：把下面的代码放进 {domain} 的每个页面。"),
                    format!("One step is left: put this code on every page of {domain}."),
                ));
                page.blocks.push(Block::Code {
                    caption: self.language.pick("嵌入代码", "Embed code"),
                    code: code.to_owned(),
                });
                let steps = self.language.pick(
                    [
                        "打开网站模板（所有页面共用的那个文件，通常是页脚）。",
                        "把整段代码原样粘贴到 </body> 之前，保存并发布。",
                        "刷新网站，右下角会出现客服图标，点开发一条消息试试。",
                    ],
                    [
                        "Open your site's template: the file that all pages share, often the footer.",
                        "Paste the whole code, unchanged, right before </body>. Save and publish.",
                        "Reload the site: the chat icon appears at the bottom right. Send yourself a message.",
                    ],
                );
                page.blocks.push(Block::Steps(steps.map(str::to_owned).to_vec()));
            }
            None => page.blocks.push(self.text(
                "所需资源已全部就绪，可以开始使用。",
                "Everything that you need is in place.",
            )),
        }
        page.blocks.extend(
            self.site
                .links
                .as_ref()
                .map(|links| self.button("打开会员中心", "Open the member centre", links.my())),
        );
        page
    }

    fn receipt(&self, letter: &Letter) -> Option<Page> {
        let Letter::Receipt {
            company,
            order_no,
            plan,
            amount,
            charged_in_test,
            paid_at,
            service_until,
            provider,
        } = letter
        else {
            return None;
        };
        let yuan = |fen: Fen| format!("¥{fen}");
        let paid = yuan(charged_in_test.unwrap_or(*amount));
        let mut page = self.page(
            (format!("收款通知 {paid}"), format!("Payment received: {paid}")),
            (
                service_until
                    .map_or_else(String::new, |end| format!("服务有效期至 {}。", moment(end))),
                service_until.map_or_else(String::new, |end| {
                    format!("Your service runs until {}.", moment(end))
                }),
            ),
        );
        page.title = self.language.pick("付款成功，谢谢", "Thank you for your payment").into();
        page.blocks.push(self.text(
            "我们已收到您的付款，明细如下。",
            "We have received your payment. Here are the details.",
        ));
        let mut facts = Vec::new();
        facts.extend(company.as_ref().map(|company| self.fact("公司", "Company", company)));
        facts.push(self.fact("订单号", "Order number", order_no));
        facts.push(self.fact("套餐", "Plan", plan_name(plan, self.language)));
        facts.push(self.fact("金额", "Amount", yuan(*amount)));
        facts.extend(charged_in_test.map(|fen| self.fact("实付", "Charged", yuan(fen))));
        facts.extend(
            provider
                .as_ref()
                .map(|code| self.fact("支付方式", "Paid by", provider_name(code, self.language))),
        );
        facts.extend(paid_at.map(|at| self.fact("付款时间", "Paid at", moment(at))));
        facts
            .extend(service_until.map(|at| self.fact("服务有效期至", "Service until", moment(at))));
        page.blocks.push(Block::Facts(facts));
        page.blocks.extend(charged_in_test.map(|fen| {
            self.note(
                Tone::Warning,
                format!("测试订单：微信支付处于测试模式，本单只收取 {}，不是正式收款凭证。", yuan(fen)),
                format!("A test order: WeChat Pay is in test mode and charged {} only. This is no receipt for the full amount.", yuan(fen)),
            )
        }));
        page.blocks.extend(
            self.site
                .links
                .as_ref()
                .map(|links| self.button("查看订单", "See your orders", links.my())),
        );
        Some(page)
    }

    fn renew(&self, tenant: &TenantFacts) -> Block {
        match &self.site.links {
            Some(links) => self.button("立即续费", "Renew now", links.renew(tenant.id)),
            None => self.text(
                format!("请登录 {} 的会员中心续费。", self.site.name),
                format!("Please renew in the member centre of {}.", self.site.name),
            ),
        }
    }

    fn expiring(&self, tenant: &TenantFacts, end: &str, days_left: i32) -> Page {
        let company = &tenant.company;
        let subject = match days_left {
            ..=0 => (
                format!("{company} 的服务今天到期"),
                format!("The service of {company} ends today"),
            ),
            1 => (
                format!("{company} 的服务还有 1 天到期"),
                format!("The service of {company} ends in 1 day"),
            ),
            days => (
                format!("{company} 的服务还有 {days} 天到期"),
                format!("The service of {company} ends in {days} days"),
            ),
        };
        let mut page = self.page(
            subject,
            (
                format!("到期时间 {end}，续费后有效期自动顺延 30 天。"),
                format!("It ends at {end}. A renewal adds 30 days to it."),
            ),
        );
        let mut facts = self.tenant(tenant);
        facts.push(self.fact("到期时间", "Ends at", end));
        page.blocks.push(self.text(
            "续费后，30 天会加在现有的到期时间上，现在续费不会损失剩余天数。",
            "A renewal adds 30 days to the present end: renewing now loses none of the days left.",
        ));
        page.blocks.push(Block::Facts(facts));
        page.blocks.push(self.renew(tenant));
        page
    }

    fn ended(&self, tenant: &TenantFacts, end: &str, suspended_from: Option<String>) -> Page {
        let company = &tenant.company;
        let mut page = self.page(
            (format!("{company} 的服务已到期"), format!("The service of {company} has ended")),
            ("续费后服务不中断。".into(), "Renew, and there is no interruption.".into()),
        );
        let mut facts = self.tenant(tenant);
        facts.push(self.fact("到期时间", "Ended at", end));
        page.blocks.push(self.text(
            "您的服务已到期。目前网站上的客服仍在工作，续费后不会中断。",
            "Your service has come to its end. The chat on your site still works; renew, and it stays that way.",
        ));
        if let Some(from) = &suspended_from {
            facts.push(self.fact("暂停时间", "Suspended from", from));
            page.preheader = self.language.pick(
                format!("{from} 起暂停服务，续费后不会中断。"),
                format!("It is suspended from {from} on, unless you renew."),
            );
        }
        page.blocks.push(Block::Facts(facts));
        page.blocks.push(self.note(
            Tone::Warning,
            match &suspended_from {
                Some(from) => format!("如未续费，{from} 起服务将被暂停，访客将无法在网站上联系您。数据会保留。"),
                None => "如未续费，服务将被暂停，访客将无法在网站上联系您。数据会保留。".into(),
            },
            match &suspended_from {
                Some(from) => format!("Without a renewal the service is suspended from {from} on: visitors can then no longer reach you from your site. Your data is kept."),
                None => "Without a renewal the service will be suspended: visitors can then no longer reach you from your site. Your data is kept.".into(),
            },
        ));
        page.blocks.push(self.renew(tenant));
        page
    }

    fn suspended(&self, tenant: &TenantFacts, end: &str) -> Page {
        let company = &tenant.company;
        let mut page = self.page(
            (format!("{company} 的服务已暂停"), format!("The service of {company} is suspended")),
            (
                "续费后自动恢复，数据都还在。".into(),
                "It comes back by itself when you renew; your data is kept.".into(),
            ),
        );
        let mut facts = self.tenant(tenant);
        facts.push(self.fact("到期时间", "Ended at", end));
        page.blocks.push(self.text(
            "服务到期后没有续费，现已暂停，访客暂时无法在网站上联系您。",
            "The service ended without a renewal and is now suspended: visitors cannot reach you from your site.",
        ));
        page.blocks.push(Block::Facts(facts));
        page.blocks.push(self.note(
            Tone::Calm,
            "付款后几分钟内自动恢复，不需要更换嵌入代码，历史数据都会保留。",
            "After a payment it is back within minutes, with the same embed code and all of your data.",
        ));
        page.blocks.push(self.renew(tenant));
        page
    }
}
