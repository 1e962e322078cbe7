//! `ChatHub\Hub`: the use cases, one object per request.

// PHP callers may name arguments, so parameters are written as PHP writes them.
#![allow(non_snake_case)]

use chathub_core::{
    Error, Kind,
    app::{App, Config},
    domain::Plan,
};
use ext_php_rs::{
    boxed::ZBox,
    exception::{PhpException, PhpResult},
    prelude::*,
    types::{ZendCallable, ZendHashTable},
};

use crate::{
    channels,
    convert::{Array, Bytes, OrThrow, list, settings, utf8},
    database,
    exceptions::exception,
    ini, views,
};

/// The use cases; see the stub for shapes and errors.
#[php_class]
#[php(name = "ChatHub\\Hub")]
#[php(flags = ext_php_rs::flags::ClassFlags::Final)]
pub struct Hub {
    app: App,
}

type PhpArray = ZBox<ZendHashTable>;

#[php_impl]
impl Hub {
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// Opens nothing.
    pub fn __construct(database: &ZendHashTable, config: &ZendHashTable) -> PhpResult<Self> {
        let config = Config::new(settings(config), ini::read().clone()).or_throw()?;
        Ok(Self { app: App::new(database::open(database)?, config) })
    }

    pub fn plans(&self) -> PhpResult<PhpArray> {
        list(Plan::ALL, views::plan)
    }

    #[php(name = "register")]
    pub fn register(
        &self,
        input: &ZendHashTable,
        ip: Bytes<'_>,
        userId: Option<i64>,
    ) -> PhpResult<PhpArray> {
        let form = crate::convert::input(input);
        let made = self.app.register(&form, utf8(&ip, "ip")?, userId.map(id)).or_throw()?;
        views::registered(&made).map(Array::done)
    }

    pub fn login(
        &self,
        email: Bytes<'_>,
        password: Bytes<'_>,
        ip: Bytes<'_>,
    ) -> PhpResult<PhpArray> {
        let account = self.app.login(text(&email), text(&password), utf8(&ip, "ip")?).or_throw()?;
        views::account(&account).map(Array::done)
    }

    pub fn account(&self, userId: i64) -> PhpResult<Option<PhpArray>> {
        let account = self.app.account(id(userId)).or_throw()?;
        account.map(|account| views::account(&account).map(Array::done)).transpose()
    }

    #[php(name = "changePassword")]
    pub fn change_password(
        &self,
        userId: i64,
        input: &ZendHashTable,
        ip: Bytes<'_>,
    ) -> PhpResult<()> {
        let form = crate::convert::input(input);
        self.app.change_password(id(userId), &form, utf8(&ip, "ip")?).or_throw()
    }

    #[php(name = "canMail")]
    pub fn can_mail(&self) -> bool {
        self.app.can_mail()
    }

    #[php(name = "forgotPassword")]
    pub fn forgot_password(&self, email: Bytes<'_>, ip: Bytes<'_>) -> PhpResult<()> {
        self.app.forgot_password(utf8(&email, "email")?, utf8(&ip, "ip")?).or_throw()
    }

    #[php(name = "resetTokenIsGood")]
    pub fn reset_token_is_good(&self, token: Bytes<'_>) -> PhpResult<bool> {
        self.app.reset_token_is_good(text(&token)).or_throw()
    }

    #[php(name = "resetPassword")]
    pub fn reset_password(
        &self,
        token: Bytes<'_>,
        input: &ZendHashTable,
        ip: Bytes<'_>,
    ) -> PhpResult<PhpArray> {
        let form = crate::convert::input(input);
        let account = self.app.reset_password(text(&token), &form, utf8(&ip, "ip")?).or_throw()?;
        views::account(&account).map(Array::done)
    }

    #[php(name = "confirmTokenIsGood")]
    pub fn confirm_token_is_good(&self, token: Bytes<'_>) -> PhpResult<bool> {
        self.app.confirm_token_is_good(text(&token)).or_throw()
    }

    #[php(name = "confirmEmail")]
    pub fn confirm_email(&self, token: Bytes<'_>) -> PhpResult<PhpArray> {
        views::confirmed(self.app.confirm_email(text(&token)).or_throw()?).map(Array::done)
    }

    #[php(name = "resendConfirmation")]
    pub fn resend_confirmation(&self, userId: i64, ip: Bytes<'_>) -> PhpResult<()> {
        self.app.resend_confirmation(id(userId), utf8(&ip, "ip")?).or_throw()
    }

    #[php(name = "setLanguage")]
    pub fn set_language(&self, userId: i64, language: Bytes<'_>) -> PhpResult<()> {
        self.app.set_language(id(userId), text(&language)).or_throw()
    }

    pub fn my(&self, userId: i64) -> PhpResult<PhpArray> {
        views::member(self.app.my(id(userId)).or_throw()?).map(Array::done)
    }

    pub fn status(&self, userId: i64) -> PhpResult<PhpArray> {
        views::status(self.app.status(id(userId)).or_throw()?).map(Array::done)
    }

    pub fn renew(&self, userId: i64, tenantId: i64) -> PhpResult<PhpArray> {
        let view = self.app.renew(id(userId), id(tenantId)).or_throw()?;
        views::renew(view).map(Array::done)
    }

    pub fn order(&self, userId: i64, orderNo: Bytes<'_>) -> PhpResult<PhpArray> {
        let view = self.app.order(id(userId), number(&orderNo)?).or_throw()?;
        views::order(view).map(Array::done)
    }

    #[php(name = "payAlipay")]
    pub fn pay_alipay(
        &self,
        userId: i64,
        orderNo: Bytes<'_>,
        userAgent: Bytes<'_>,
    ) -> PhpResult<String> {
        let agent = String::from_utf8_lossy(&userAgent);
        self.app.pay_alipay(id(userId), number(&orderNo)?, &agent).or_throw()
    }

    #[php(name = "payWechat")]
    pub fn pay_wechat(&self, userId: i64, orderNo: Bytes<'_>) -> PhpResult<PhpArray> {
        let view = self.app.pay_wechat(id(userId), number(&orderNo)?).or_throw()?;
        views::wechat(view).map(Array::done)
    }

    #[php(name = "orderStatus")]
    pub fn order_status(&self, userId: i64, orderNo: Bytes<'_>) -> PhpResult<PhpArray> {
        let view = self.app.order_status(id(userId), number(&orderNo)?).or_throw()?;
        views::waiting(&view).map(Array::done)
    }

    #[php(name = "payNotify")]
    pub fn pay_notify(
        &self,
        provider: Bytes<'_>,
        body: Bytes<'_>,
        headers: Option<&ZendHashTable>,
    ) -> PhpResult<PhpArray> {
        let provider = std::str::from_utf8(&provider).unwrap_or_default();
        let headers = headers.map(crate::convert::headers).unwrap_or_default();
        views::acknowledgement(&self.app.pay_notify(provider, &body, &headers)).map(Array::done)
    }

    #[php(name = "payReturn")]
    pub fn pay_return(&self, orderNo: Bytes<'_>) -> PhpResult<PhpArray> {
        let order_no = std::str::from_utf8(&orderNo).unwrap_or_default();
        let (state, tenant_id) = self.app.pay_return(order_no).or_throw()?;
        let answer = Array::new()
            .with("state", state.code())?
            .with("order_no", order_no)?
            .with("tenant_id", tenant_id)?;
        Ok(answer.done())
    }

    pub fn reprovision(&self, userId: i64, tenantId: i64) -> PhpResult<PhpArray> {
        let done = self.app.reprovision(id(userId), id(tenantId)).or_throw()?;
        let state = if done { "just_paid" } else { "provisioning" };
        Ok(Array::new().with("state", state)?.done())
    }

    pub fn finish(&self) -> PhpResult<()> {
        self.app.finish().or_throw()
    }

    #[php(name = "workTenant")]
    pub fn work_tenant(&self, tenantId: i64) -> PhpResult<()> {
        self.app.work_tenant(id(tenantId)).map(drop).or_throw()
    }

    #[php(name = "deliverMail")]
    pub fn deliver_mail(&self) -> PhpResult<()> {
        self.app.deliver_some().or_throw()
    }

    pub fn nudge(&self) -> PhpResult<()> {
        self.app.nudge().or_throw()
    }

    pub fn work(&self) -> PhpResult<PhpArray> {
        views::work(&self.app.work_view().or_throw()?).map(Array::done)
    }

    pub fn channels(&self, userId: i64, tenantId: Option<i64>) -> PhpResult<PhpArray> {
        let view = self.app.channels(id(userId), tenantId.map_or(0, id)).or_throw()?;
        channels::channels(&view).map(Array::done)
    }

    #[php(name = "channelForm")]
    pub fn channel_form(
        &self,
        userId: i64,
        tenantId: i64,
        channel: Bytes<'_>,
        accountId: Option<i64>,
    ) -> PhpResult<PhpArray> {
        let (channel, account) = (utf8(&channel, "channel")?, accountId.map(id));
        let view = self.app.channel_form(id(userId), id(tenantId), channel, account).or_throw()?;
        channels::form(&view).map(Array::done)
    }

    #[php(name = "saveChannel")]
    pub fn save_channel(
        &self,
        userId: i64,
        tenantId: i64,
        channel: Bytes<'_>,
        input: &ZendHashTable,
    ) -> PhpResult<PhpArray> {
        let (channel, form) = (utf8(&channel, "channel")?, crate::convert::input(input));
        let saved = self.app.save_channel(id(userId), id(tenantId), channel, &form).or_throw()?;
        channels::account(&saved).map(Array::done)
    }

    #[php(name = "beginChannel")]
    pub fn begin_channel(
        &self,
        userId: i64,
        tenantId: i64,
        channel: Bytes<'_>,
        session: Bytes<'_>,
        input: &ZendHashTable,
    ) -> PhpResult<String> {
        let (channel, session) = (utf8(&channel, "channel")?, utf8(&session, "session")?);
        let form = crate::convert::input(input);
        self.app.begin_channel(id(userId), id(tenantId), channel, session, &form).or_throw()
    }

    #[php(name = "completeChannel")]
    pub fn complete_channel(
        &self,
        userId: i64,
        session: Bytes<'_>,
        query: &ZendHashTable,
    ) -> PhpResult<PhpArray> {
        let (session, query) = (utf8(&session, "session")?, crate::convert::input(query));
        let done = self.app.complete_channel(id(userId), session, &query).or_throw()?;
        channels::completed(&done).map(Array::done)
    }

    #[php(name = "pauseChannel")]
    pub fn pause_channel(&self, userId: i64, accountId: i64) -> PhpResult<()> {
        self.app.pause_channel(id(userId), id(accountId)).or_throw()
    }

    #[php(name = "resumeChannel")]
    pub fn resume_channel(&self, userId: i64, accountId: i64) -> PhpResult<()> {
        self.app.resume_channel(id(userId), id(accountId)).or_throw()
    }

    #[php(name = "unbindChannel")]
    pub fn unbind_channel(&self, userId: i64, accountId: i64) -> PhpResult<()> {
        self.app.unbind_channel(id(userId), id(accountId)).or_throw()
    }

    pub fn rekey(&self, after: Option<i64>) -> PhpResult<PhpArray> {
        channels::rekeyed(&self.app.rekey(after.map_or(0, id)).or_throw()?).map(Array::done)
    }

    pub fn migrate(&self, report: Option<ZendCallable>) -> PhpResult<PhpArray> {
        let mut thrown = None;
        let result = self.app.migrate_and_tell(&mut |news| {
            // A report that fails is no reason to leave the tables half done.
            if thrown.is_none()
                && let Some(report) = &report
                && let Ok(event) = views::migration_news(&news).map(Array::done)
            {
                thrown = report.try_call(vec![&event]).err();
            }
        });
        if let Some(error) = thrown {
            return Err(PhpException::from(error));
        }
        let mut done = Array::new();
        for line in result.or_throw()? {
            done.push(line)?;
        }
        Ok(done.done())
    }

    #[php(name = "migrationPlan")]
    pub fn migration_plan(&self) -> PhpResult<PhpArray> {
        list(self.app.migration_plan().or_throw()?, |step| views::migration_step(&step))
    }
}

/// Ids are unsigned; what cannot be one names no row.
pub fn id(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// What is not text is nobody's address, password or link.
fn text<'a>(bytes: &Bytes<'a>) -> &'a str {
    std::str::from_utf8(**bytes as &'a [u8]).unwrap_or_default()
}

/// An order number; what is not text names no order.
fn number<'a>(bytes: &Bytes<'a>) -> PhpResult<&'a str> {
    std::str::from_utf8(**bytes as &'a [u8]).map_err(|_| {
        exception(&Error::new(Kind::NotFound, "order", "没有找到相应的记录", "order not found"))
    })
}
