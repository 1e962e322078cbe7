//! A page waits for its tenant's call, but only so long; the call goes on without it.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use super::{App, outbox::Claim};
use crate::{Error, Result, domain::job::Failure, provision::Answer};

/// A call that goes on in a thread of its own while the page has already been answered. The thread
/// does nothing but the request; if the process ends before the answer, the lease runs out.
pub(super) struct InFlight {
    claim: Claim,
    answer: Receiver<Answer>,
    give_up: Instant,
}

/// How an attempt that a page waited for ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Done,
    /// Still running, or of unknown outcome, or somebody else's, or not started now.
    UnderWay,
    /// The service refused.
    Refused(String),
}

impl App {
    /// Starts the tenant's due call and waits for it as long as a page may. What is not done by
    /// then goes on, and [`finish`](Self::finish) picks it up.
    pub(super) fn attempt_within(&self, tenant_id: u32, wait: Duration) -> Result<Attempt> {
        let Some(claim) = self.claim(tenant_id)? else { return Ok(Attempt::UnderWay) };
        let in_flight = self.start(claim)?;
        match in_flight.answer.recv_timeout(wait) {
            Ok(answer) => {
                let refused = match &answer {
                    Ok(_) => Attempt::Done,
                    Err(f) if f.failure == Failure::Refused => Attempt::Refused(f.message.clone()),
                    Err(_) => Attempt::UnderWay,
                };
                self.apply(&in_flight.claim, &answer)?;
                Ok(refused)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.in_flight.borrow_mut().push(in_flight);
                Ok(Attempt::UnderWay)
            }
            Err(RecvTimeoutError::Disconnected) => Ok(Attempt::UnderWay),
        }
    }

    /// After the answer went out: waits for the calls that were left running and stores their
    /// results.
    pub fn finish(&self) -> Result<()> {
        let in_flight = std::mem::take(&mut *self.in_flight.borrow_mut());
        for one in in_flight {
            let left = one.give_up.saturating_duration_since(Instant::now());
            if let Ok(answer) = one.answer.recv_timeout(left) {
                self.apply(&one.claim, &answer)?;
            }
        }
        Ok(())
    }

    fn start(&self, claim: Claim) -> Result<InFlight> {
        let (sender, answer) = channel();
        let (http, errand) = (self.http.clone(), claim.errand.clone());
        // A second more than the call's own limit, for the thread to say so.
        let give_up = Instant::now() + errand.service.timeout + Duration::from_secs(1);
        without_signals(|| {
            std::thread::Builder::new().name("chathub-provision".into()).spawn(move || {
                // Nobody listening any more is fine: the lease will run out.
                let _ = sender.send(errand.run(&http));
            })
        })
        .map_err(|error| Error::storage(format!("no thread for the call: {error}")))?;
        Ok(InFlight { claim, answer, give_up })
    }
}

/// Runs `spawn` with all signals blocked, so that the thread it starts never takes one that is
/// meant for PHP's own.
pub(super) fn without_signals<T>(spawn: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are initialised by the calls that fill them, and the mask is put back.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let spawned = spawn();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        spawned
    }
}
