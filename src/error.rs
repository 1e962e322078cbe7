//! One error for the whole core: a kind, a stable key, a text for the operator and one for the member.

use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// What sort of failure it is; each kind is one PHP exception class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that the caller supplied cannot be used.
    InvalidInput,
    /// The row does not exist, or is not the caller's to see.
    NotFound,
    /// Known caller, refused.
    Forbidden,
    /// A signature is missing, malformed or wrong.
    Signature,
    /// The site's configuration is missing something or contradicts itself.
    Config,
    /// A provider or the provisioning service refused, or its answer cannot be believed.
    Provider,
    /// The database could not be reached or refused; nothing was half-written.
    Storage,
}

/// `Display` is the operator's text. Neither text may ever hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    key: &'static str,
    operator: String,
    public: String,
    field: Option<&'static str>,
}

impl Error {
    /// `key` is stable and names the reason (`email_taken`); `public` is Chinese and for members;
    /// `operator` is for logs and the diagnosis page.
    pub fn new(
        kind: Kind,
        key: &'static str,
        public: impl Into<String>,
        operator: impl Into<String>,
    ) -> Self {
        Self { kind, key, operator: operator.into(), public: public.into(), field: None }
    }

    /// Bad input in `field`, with one text for both readers.
    pub fn input(field: &'static str, key: &'static str, public: impl Into<String>) -> Self {
        let public = public.into();
        Self {
            kind: Kind::InvalidInput,
            key,
            operator: format!("{field}: {public}"),
            public,
            field: Some(field),
        }
    }

    pub fn config(key: &'static str, operator: impl Into<String>) -> Self {
        Self::new(Kind::Config, key, "站点配置有误，请联系客服处理", operator)
    }

    pub fn signature(key: &'static str, operator: impl Into<String>) -> Self {
        Self::new(Kind::Signature, key, "签名校验未通过", operator)
    }

    pub fn provider(key: &'static str, operator: impl Into<String>) -> Self {
        Self::new(Kind::Provider, key, "服务暂时不可用，请稍后重试", operator)
    }

    pub fn storage(operator: impl Into<String>) -> Self {
        Self::storage_as("storage", operator)
    }

    /// A failure of the database that an administrator can do something about.
    pub fn storage_as(key: &'static str, operator: impl Into<String>) -> Self {
        Self::new(Kind::Storage, key, "系统繁忙，请稍后重试", operator)
    }

    pub fn not_found(what: &'static str) -> Self {
        Self::new(Kind::NotFound, what, "没有找到相应的记录", format!("{what} not found"))
    }

    /// Attaches the input field that the error belongs to.
    #[must_use]
    pub fn in_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn key(&self) -> &'static str {
        self.key
    }

    /// What a member may read.
    pub fn public(&self) -> &str {
        &self.public
    }

    pub fn field(&self) -> Option<&'static str> {
        self.field
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operator)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}: {}", self.kind, self.key, self.operator)
    }
}

impl std::error::Error for Error {}
