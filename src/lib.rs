//! `tasklets`: JavaScript closures in parallel on Node.js, under a scheduler written in Rust.
#![deny(unsafe_code)]

pub mod analysis;
pub mod config;
pub mod logging;
pub mod metrics;
pub mod scheduler;
pub mod wire;

#[cfg(feature = "binding")]
mod binding;
