use super::super::*;
use super::{MACHINE, defaults, merged};

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let layer = from_env(variables.iter().copied())?;
    defaults().merge(&layer, &MACHINE)
}

#[test]
fn every_variable_means_its_option() {
    let config = read(&[
        ("PATH", "/bin"),
        ("TASKLETS_MIN_WORKERS", "1"),
        ("TASKLETS_MAX_WORKERS", "cpu_count * 2"),
        ("TASKLETS_TIMEOUT", " 250 "),
        ("TASKLETS_MAX_MEMORY", "2GB"),
        ("TASKLETS_MAX_QUEUE", "1000"),
        ("TASKLETS_LOG_LEVEL", "info"),
        ("TASKLETS_LOG_FORMAT", "json"),
        ("TASKLETS_LOG_DESTINATION", "stdout"),
    ]);
    let expected = r#"{"workers":{"min":1,"max":16},"timeout":250,"maxMemory":"2GB","queue":{"maxSize":1000},
        "logging":{"level":"info","format":"json","destination":"stdout"}}"#;
    assert_eq!(config, Ok(merged(expected)));
}

#[test]
fn workers_alone_is_the_short_form() {
    let fixed = merged(r#"{"workers":{"scaling":"fixed"}}"#);
    let layer = from_env([("TASKLETS_WORKERS", "4")]).expect("known");
    assert_eq!(layer.to_json(), r#"{"workers":4}"#);
    let workers = fixed.merge(&layer, &MACHINE).expect("taken").workers;
    assert_eq!((workers.min, workers.max), (4, 4));
    let both = read(&[("TASKLETS_WORKERS", "auto"), ("TASKLETS_MIN_WORKERS", "2")]).expect("taken");
    assert_eq!((both.workers.min, both.workers.max), (2, 8));
}

#[test]
fn empty_ones_count_as_unset() {
    assert_eq!(
        read(&[("TASKLETS_TIMEOUT", ""), ("TASKLETS_OTHER", " ")]),
        Ok(defaults())
    );
}

#[test]
fn infinity_lifts_a_limit() {
    let limited = merged(r#"{"queue":{"maxSize":5},"timeout":5}"#);
    let layer = from_env([("TASKLETS_MAX_QUEUE", "Infinity"), ("TASKLETS_TIMEOUT", "0")]).expect("known");
    assert_eq!(limited.merge(&layer, &MACHINE), Ok(defaults()));
}

#[test]
fn mistakes_name_the_variable() {
    let error = read(&[("TASKLETS_MAX_WORKERS", "0")]).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "Expected `workers.max` to be an integer from 1 up, got `0` (number) in TASKLETS_MAX_WORKERS"
    );
    let error = read(&[("TASKLETS_WORKERS", "many")]).expect_err("refused");
    assert!(error.to_string().ends_with(" in TASKLETS_WORKERS"), "{error}");
    let error = read(&[("TASKLETS_WORKER", "4")]).expect_err("refused");
    assert_eq!(error.suggestion.as_deref(), Some("TASKLETS_WORKERS"));
    let error = read(&[("TASKLETS_WORKERS", "4"), ("TASKLETS_MAX_WORKERS", "8")]).expect_err("refused");
    assert_eq!(error.option, "TASKLETS_MAX_WORKERS");
    read(&[("TASKLETS_TIMEOUT", "nan")]).expect_err("refused");
}
