//! Alipay
