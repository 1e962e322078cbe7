//! Shop accounts of the five platforms: the vault that their credentials are kept in, the table of
//! the platforms, the OAuth conversation with them, and the journal that renewed tokens go through.

pub mod credentials;
pub mod journal;
pub mod oauth;
pub mod platforms;
pub mod vault;

pub use credentials::Credentials;
pub use platforms::Platform;
pub use vault::Vault;
