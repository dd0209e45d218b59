//! The Node edge of `crate::analysis`: strings in, compact JSON out. Nothing is kept: the JavaScript side caches by text.

use napi_derive::napi;

use crate::analysis;

/// What the text of a function needs; see `analysis::analyze`.
#[napi]
#[must_use]
pub fn analyze_function(text: String) -> String {
    analysis::analyze(&text)
}

/// The factory of a function; `spec` is the JSON of `analysis::Spec`.
#[napi]
#[must_use]
pub fn build_factory(text: String, spec: String) -> String {
    match serde_json::from_str(&spec) {
        Ok(spec) => analysis::build(&text, &spec),
        Err(error) => serde_json::json!({ "error": error.to_string() }).to_string(),
    }
}

/// Every function of a file; see `analysis::file_facts`.
#[napi]
#[must_use]
pub fn file_facts(source: String, module: bool) -> String {
    analysis::file_facts(&source, module)
}
