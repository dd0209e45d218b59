//! `tasklets`: JavaScript closures in parallel on Node.js, under a scheduler written in Rust.
#![deny(unsafe_code)]

pub mod analysis;
pub mod config;
pub mod logging;
pub mod metrics;
pub mod scheduler;
pub mod wire;

#[cfg(feature = "binding")]
// Under `cfg(test)` napi-derive leaves the registrations out, and nothing else calls the exports.
#[cfg_attr(test, allow(dead_code))]
mod binding;
