//! One call, ready to be made: by the claim's own thread, or by one that a page waits for.

use std::time::{Duration, Instant};

use crate::{
    domain::job::Failure,
    http::Agent,
    provision::{Answer, Call, Failed, Service},
};

/// A process that stood still after it had taken the lease must not call any more: the call would
/// outlast the lease, and somebody else may be at it already.
const LATEST_START: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(in crate::app) struct Errand {
    pub call: Call,
    pub service: Service,
    /// The idempotency key.
    pub key: String,
    /// When the lease was taken.
    pub leased: Instant,
}

impl Errand {
    /// Makes the call; blocks for the service's time-out at most.
    pub fn run(&self, http: &Agent) -> Answer {
        if self.leased.elapsed() > LATEST_START {
            let message = "the process stood still between taking the job and sending its request";
            return Err(Failed { failure: Failure::NotSent, message: message.into() });
        }
        self.service.call(http, &self.call, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn a_lease_that_is_too_old_is_not_used() {
        // Somebody listens, so that a request which left would not be answered NotSent.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let errand = |leased| Errand {
            call: Call::Activate { inbox_id: 7 },
            service: Service {
                url: format!("http://{}", listener.local_addr().unwrap()),
                api_key: Secret::new("key"),
                timeout: Duration::from_millis(50),
            },
            key: "first-key".into(),
            leased,
        };
        let long_ago = Instant::now().checked_sub(LATEST_START * 2).unwrap();
        let failure = |leased| errand(leased).run(&Agent::new()).err().unwrap().failure;
        assert_eq!(failure(long_ago), Failure::NotSent);
        assert_eq!(failure(Instant::now()), Failure::Unknown);
    }
}
