//! Letters about shop accounts.

use super::{
    letter::{Language, Letter, ShopFacts, WhyEnded, moment},
    member::Writer,
    page::{Block, Page, Tone},
};
use crate::domain::channel::Channel;

/// What a platform is called, as on the member's pages.
pub fn platform_name(channel: Channel, language: Language) -> &'static str {
    match channel {
        Channel::Amazon => "Amazon",
        Channel::Jd => language.pick("京东", "JD.com"),
        Channel::Taobao => language.pick("淘宝", "Taobao"),
        Channel::Pdd => language.pick("拼多多", "Pinduoduo"),
        Channel::Tiktok => language.pick("抖音", "Douyin"),
    }
}

impl Writer<'_> {
    /// `None`: the letter is about something else.
    pub(super) fn about_channel(&self, letter: &Letter) -> Option<Page> {
        match letter {
            Letter::ChannelExpiring { shop, expires_at } => {
                Some(self.channel_expiring(shop, &moment(*expires_at)))
            }
            Letter::ChannelExpired { shop, ended_at, why } => {
                Some(self.channel_expired(shop, ended_at.map(moment), *why))
            }
            _ => None,
        }
    }

    fn channel_expiring(&self, shop: &ShopFacts, end: &str) -> Page {
        let platform = platform_name(shop.channel, self.language);
        let mut page = self.page(
            (
                format!("{platform}店铺的授权即将到期"),
                format!("The authorisation of your {platform} shop ends soon"),
            ),
            (
                format!("{end} 到期，请在此之前重新授权。"),
                format!("It ends at {end}. Please renew it before then."),
            ),
        );
        let mut facts = self.shop(shop);
        facts.push(self.fact("到期时间", "Ends at", end));
        page.blocks.push(self.text(
            "您绑定的店铺授权即将到期，而且不能自动续期，需要您重新授权，或填写新的凭据。",
            "The authorisation of a shop that you connected ends soon. It cannot be renewed by itself: please authorise the shop again, or enter new credentials.",
        ));
        page.blocks.push(Block::Facts(facts));
        page.blocks.push(self.note(
            Tone::Warning,
            "到期后，AI 客服将无法查询这家店铺的商品和订单。",
            "After that the AI agent can no longer look up the products and orders of this shop.",
        ));
        page.blocks.push(self.to_the_shops(shop));
        page
    }

    fn channel_expired(&self, shop: &ShopFacts, ended_at: Option<String>, why: WhyEnded) -> Page {
        let platform = platform_name(shop.channel, self.language);
        let mut page = self.page(
            (
                format!("{platform}店铺的授权已失效"),
                format!("The authorisation of your {platform} shop has ended"),
            ),
            (
                "AI 客服暂时无法查询这家店铺，请重新授权。".into(),
                "The AI agent cannot use this shop for now. Please authorise it again.".into(),
            ),
        );
        let mut facts = self.shop(shop);
        facts.extend(ended_at.map(|at| self.fact("到期时间", "Ended at", at)));
        page.blocks.push(match why {
            WhyEnded::Ended => self.text(
                "您绑定的店铺授权已经到期，没有能够续期。",
                "The authorisation of a shop that you connected has ended and could not be renewed.",
            ),
            WhyEnded::Refused => self.text(
                "平台不再接受您绑定的店铺的授权。常见原因：授权在平台上被取消，或店铺修改了密码。",
                "The platform no longer accepts the authorisation of a shop that you connected. Often it was withdrawn at the platform, or the shop's password was changed.",
            ),
            WhyEnded::AppChanged => self.text(
                "本站更换了平台应用，原来的店铺授权不能再续期。",
                "This site has another application at the platform now, so the authorisation of a shop that you connected cannot be renewed any more.",
            ),
            WhyEnded::TooLong => self.text(
                "平台发来的新凭据过长，无法保存，原来的授权已失效。",
                "The new credentials that the platform sent are too long to be stored, and those of before are no longer valid.",
            ),
        });
        page.blocks.push(Block::Facts(facts));
        page.blocks.push(match why {
            WhyEnded::TooLong => self.note(
                Tone::Warning,
                "AI 客服暂时无法查询这家店铺的商品和订单。请联系客服；重新授权未必能解决。",
                "For now the AI agent cannot look up the products and orders of this shop. Please contact support; authorising again may not help.",
            ),
            _ => self.note(
                Tone::Warning,
                "AI 客服暂时无法查询这家店铺的商品和订单。重新授权后几分钟内恢复。",
                "For now the AI agent cannot look up the products and orders of this shop. Authorise it again, and it is back within minutes.",
            ),
        });
        page.blocks.push(self.to_the_shops(shop));
        page
    }

    fn shop(&self, shop: &ShopFacts) -> Vec<(&'static str, String)> {
        let platform = platform_name(shop.channel, self.language);
        let mut facts = vec![self.fact("平台", "Platform", platform)];
        facts.extend(shop.name.as_ref().map(|name| self.fact("店铺", "Shop", name)));
        facts.extend(self.tenant(&shop.tenant));
        facts
    }

    fn to_the_shops(&self, shop: &ShopFacts) -> Block {
        match &self.site.links {
            Some(links) => self.button("重新授权", "Authorise again", links.shops(shop.tenant.id)),
            None => self.text(
                format!("请登录 {} 的会员中心，在「店铺渠道」中重新授权。", self.site.name),
                format!(
                    "Please authorise it again under Shop channels in the member centre of {}.",
                    self.site.name
                ),
            ),
        }
    }
}
