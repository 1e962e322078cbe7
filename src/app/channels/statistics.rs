use std::collections::HashMap;

use super::App;
use crate::{Result, domain::channel::Channel};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Period {
    pub calls: u64,
    pub success: Option<f64>,
    pub median_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    pub day: Period,
    pub week: Period,
    /// The counting has not come to its end yet.
    pub counting: bool,
}

impl App {
    pub(super) fn statistics(&self, _tenant_id: u32) -> Result<HashMap<Channel, Statistics>> {
        Ok(HashMap::new())
    }
}
