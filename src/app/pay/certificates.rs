//! The platform certificates of WeChat Pay: kept in the database for all processes, fetched at most
//! once per interval over all of them.

use std::{sync::Arc, thread, time::Duration};

use super::super::App;
use crate::{
    Result,
    pay::{Provider, keys::PublicKey, wechat::Wechat},
    store::certificate::{self, Certificate},
};

/// One fetch brings all certificates, so this holds whatever serial is missing.
const FETCH_SECONDS: u32 = 60;
/// New certificates are in the list days before they sign anything, so looking this often has them
/// in time.
const FRESH_SECONDS: i64 = 12 * 3600;
/// How often certificates that are due are asked for when the asking fails.
const TEND_SECONDS: u32 = 3600;
/// How long a request of ours waits for another process to fetch what it needs as well.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl App {
    /// The key that a notification names. Anybody can send one, so nothing waits here: what cannot
    /// be checked yet is refused, and WeChat Pay sends it again.
    pub(super) fn platform_key(
        &self,
        wechat: &Wechat,
        serial: &str,
    ) -> Result<Option<Arc<PublicKey>>> {
        if !Wechat::is_certificate_serial(serial) {
            return Ok(None);
        }
        if let Some(key) = self.stored_key(wechat, serial)? {
            return Ok(Some(key));
        }
        if self.may_fetch(wechat)? {
            self.fetch_certificates(wechat)?;
        }
        // Also where it may not: another process may have just done it.
        self.stored_key(wechat, serial)
    }

    /// The key that an answer to our own request names.
    pub(super) fn awaited_key(
        &self,
        wechat: &Wechat,
        serial: &str,
    ) -> Result<Option<Arc<PublicKey>>> {
        let mut key = self.platform_key(wechat, serial)?;
        let mut waited = Duration::ZERO;
        while key.is_none() && Wechat::is_certificate_serial(serial) && waited < PATIENCE {
            thread::sleep(LOOK_AGAIN);
            waited += LOOK_AGAIN;
            key = self.stored_key(wechat, serial)?;
        }
        Ok(key)
    }

    /// Fetches certificates again that were fetched long ago. For after an answer went out: it
    /// never fails, and what goes wrong is in the log.
    pub(in crate::app) fn tend_certificates(&self) {
        if !self.config.is_on("wechat_enabled", false) {
            return;
        }
        let tend = || -> Result<()> {
            let mch_id = self.config.text("wechat_mch_id");
            let fetched_at = self.database.read(|db| certificate::fetched_at(db, mch_id))?;
            // None: a merchant that needs none, or the first answer will ask for them.
            if fetched_at == 0 || self.now().unix() - fetched_at < FRESH_SECONDS {
                return Ok(());
            }
            // A merchant whose certificates were taken away would otherwise be asked about for ever.
            if !self.first_within("tend_certificates", mch_id, TEND_SECONDS)? {
                return Ok(());
            }
            let wechat = self.wechat_keys()?;
            if self.may_fetch(&wechat)? {
                self.fetch_certificates(&wechat)?;
            }
            Ok(())
        };
        if let Err(error) = tend() {
            self.log_refusal("certificates", Provider::Wechat, &error);
        }
    }

    fn may_fetch(&self, wechat: &Wechat) -> Result<bool> {
        self.first_within("wechat_certificates", wechat.mch_id(), FETCH_SECONDS)
    }

    fn fetch_certificates(&self, wechat: &Wechat) -> Result<()> {
        let now = self.now();
        let found = wechat.certificates(&self.http, now.timestamp)?;
        let rows: Vec<Certificate> = found
            .iter()
            .map(|certificate| Certificate {
                serial: &certificate.serial,
                pem: &certificate.pem,
                effective_at: certificate.effective_at,
                expires_at: certificate.expires_at,
            })
            .collect();
        self.database.transaction(|db| certificate::keep(db, wechat.mch_id(), &rows, now.unix()))
    }

    fn stored_key(&self, wechat: &Wechat, serial: &str) -> Result<Option<Arc<PublicKey>>> {
        let now = self.now().unix();
        let pem = self.database.read(|db| certificate::find(db, wechat.mch_id(), serial, now))?;
        pem.map(|pem| PublicKey::load(&pem)).transpose()
    }
}
