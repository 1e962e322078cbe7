//! Letters about a tenant's service and its payments.

use super::{
    letter::{Letter, TenantFacts, moment, plan_name, provider_name},
    member::Writer,
    page::{Block, Page, Tone},
};
use crate::domain::Fen;

impl Writer<'_> {
    pub(super) fn tenant_ready(&self, tenant: &TenantFacts, embed_code: Option<&str>) -> Page {
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

    pub(super) fn receipt(&self, letter: &Letter) -> Option<Page> {
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
        let by = provider.as_ref().map(|code| provider_name(code, self.language));
        page.blocks.push(Block::Figure {
            figure: paid,
            caption: match by {
                Some(by) => self.language.pick(format!("已付款 · {by}"), format!("paid by {by}")),
                None => self.language.pick("已付款", "paid").into(),
            },
        });
        let mut facts = Vec::new();
        facts.extend(company.as_ref().map(|company| self.fact("公司", "Company", company)));
        facts.push(self.fact("订单号", "Order number", order_no));
        facts.push(self.fact("套餐", "Plan", plan_name(plan, self.language)));
        facts.push(self.fact("金额", "Amount", yuan(*amount)));
        facts.extend(charged_in_test.map(|fen| self.fact("实付", "Charged", yuan(fen))));
        facts.extend(paid_at.map(|at| self.fact("付款时间", "Paid at", moment(at))));
        facts.extend(service_until.map(|at| self.fact("有效期至", "Service until", moment(at))));
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

    pub(super) fn expiring(&self, tenant: &TenantFacts, end: &str, days_left: i32) -> Page {
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

    pub(super) fn ended(
        &self,
        tenant: &TenantFacts,
        end: &str,
        suspended_from: Option<String>,
    ) -> Page {
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

    pub(super) fn suspended(&self, tenant: &TenantFacts, end: &str) -> Page {
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
