//! HTTP agent.
