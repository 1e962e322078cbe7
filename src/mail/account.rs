//! Letters about a member's account.

use super::{
    member::Writer,
    page::{Block, Page, Tone},
};

impl Writer<'_> {
    pub(super) fn account_created(&self, email: &str, company: Option<&str>) -> Page {
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

    pub(super) fn confirm_email(&self, email: &str, url: Option<String>) -> Page {
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
        page.blocks.extend(url.map(|url| self.link("确认邮箱", "Confirm address", url)));
        page.blocks.push(self.note(
            Tone::Calm,
            "链接 3 天内有效，只能使用一次。如果您没有在本站注册，请忽略这封邮件。",
            "The link works once, for 3 days. If you did not register, please ignore this mail.",
        ));
        page
    }

    pub(super) fn password_reset(&self, email: &str, url: Option<String>, minutes: u32) -> Page {
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
        page.blocks.extend(url.map(|url| self.link("设置新密码", "Set a new password", url)));
        page.blocks.push(self.note(
            Tone::Calm,
            format!("链接 {minutes} 分钟内有效，只能使用一次。如果不是您本人操作，请忽略这封邮件，您的密码不会改变；请不要把链接转发给任何人。"),
            format!("The link works once, for {minutes} minutes. If it was not you, ignore this mail and your password stays as it is. Please pass the link on to nobody."),
        ));
        page
    }
}
