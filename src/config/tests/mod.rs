mod any_input;
mod environment;
mod files;

use std::time::Duration;

use super::*;

const GB: u64 = 1 << 30;

const MACHINE: Machine = Machine {
    cpu_count: 8,
    memory: 16 * GB,
    node_heap_default: Some(4 * GB),
};

fn defaults() -> Config {
    Config::default_for(&MACHINE)
}

fn merged(json: &str) -> Config {
    defaults()
        .merge_json(json, &MACHINE)
        .unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn refused(json: &str) -> ConfigError {
    match defaults().merge_json(json, &MACHINE) {
        Err(error) => error,
        Ok(_) => panic!("{json} was taken"),
    }
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let shown: serde_json::Value = serde_json::from_str(&defaults().to_json()).expect("valid JSON");
    let infinity = serde_json::json!({ "$number": "Infinity" });
    assert_eq!(
        shown,
        serde_json::json!({
            "workers": {
                "min": 0, "max": 8, "scaling": "adaptive", "idleTimeout": 10000, "concurrency": "auto",
                "scaleUpThreshold": 0.8, "scaleDownThreshold": 0.2, "spare": 0, "maxTasksPerWorker": infinity,
            },
            "timeout": { "default": 0, "perTask": true },
            "queue": { "maxSize": infinity, "maxBytes": infinity },
            "memory": { "limit": infinity, "perWorker": 4 * GB, "cleanup": "lazy" },
            "retry": { "attempts": 3, "delay": 200, "backoff": 2, "maxDelay": 30000, "jitter": false },
            "capture": "auto",
            "gracefulSignals": false,
            "lowLatency": 0,
            "logging": { "level": "warn", "format": "text", "destination": "stderr" },
        })
    );
}

#[test]
fn workers_may_be_auto_a_number_an_expression_or_a_group() {
    assert_eq!(merged(r#"{"workers":"auto"}"#).workers, defaults().workers);
    let bounds = |json| {
        let workers = merged(json).workers;
        (workers.min, workers.max)
    };
    assert_eq!(bounds(r#"{"workers":4}"#), (4, 4));
    assert_eq!(bounds(r#"{"workers":"cpu_count / 3"}"#), (2, 2));
    let workers = merged(r#"{"workers":{"min":2,"max":"cpu_count * 2","concurrency":8}}"#).workers;
    assert_eq!((workers.min, workers.max, workers.concurrency), (2, 16, Some(8)));
    assert_eq!(merged(r#"{"workers":{"max":"auto"}}"#).workers.max, 8);
}

#[test]
fn a_group_leaves_what_it_does_not_name_as_it_was() {
    let first = merged(r#"{"workers":{"min":2,"max":4},"timeout":500}"#);
    let second = first
        .merge_json(r#"{"workers":{"spare":1}}"#, &MACHINE)
        .expect("taken");
    assert_eq!(
        (second.workers.min, second.workers.max, second.workers.spare),
        (2, 4, 1)
    );
    assert_eq!(second.timeout, first.timeout);
    let undefined = r#"{"workers":{"$undefined":true},"timeout":{"default":{"$undefined":true}}}"#;
    assert_eq!(second.merge_json(undefined, &MACHINE), Ok(second));
}

#[test]
fn fixed_scaling_holds_min_at_max() {
    let fixed = merged(r#"{"workers":{"scaling":"fixed","max":4}}"#);
    assert_eq!(fixed.workers.min, 4);
    let smaller = fixed
        .merge_json(r#"{"workers":{"max":2}}"#, &MACHINE)
        .expect("taken");
    assert_eq!((smaller.workers.min, smaller.workers.max), (2, 2));
    let adaptive = smaller
        .merge_json(r#"{"workers":{"scaling":"adaptive"}}"#, &MACHINE)
        .expect("taken");
    assert_eq!(adaptive.workers.min, 0);
    assert_eq!(
        refused(r#"{"workers":{"scaling":"fixed","min":1}}"#).option,
        "workers.min"
    );
}

#[test]
fn a_max_that_nobody_chose_gives_way_to_a_larger_min() {
    assert_eq!(merged(r#"{"workers":{"min":12}}"#).workers.max, 12);
    assert_eq!(
        refused(r#"{"workers":{"min":12,"max":4}}"#).to_string(),
        "Expected `workers.max` to be at least `workers.min` (12), got `4` (number)"
    );
    let chosen = merged(r#"{"workers":{"max":4}}"#);
    let error = chosen
        .merge_json(r#"{"workers":{"min":5}}"#, &MACHINE)
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "Expected `workers.min` to be at most `workers.max` (4), got `5` (number)"
    );
}

#[test]
fn sizes_and_times_have_all_their_forms() {
    let config = merged(
        r#"{"timeout":30000,"queue":{"maxSize":100,"maxBytes":"1GB"},"maxMemory":"2GB","memory":{"perWorker":"512MB"}}"#,
    );
    assert_eq!(config.timeout.default, Some(Duration::from_secs(30)));
    assert_eq!(
        (config.queue.max_size, config.queue.max_bytes),
        (Some(100), Some(GB))
    );
    assert_eq!(
        (config.memory.limit, config.memory.per_worker),
        (Some(2 * GB), Some(GB / 2))
    );
    for none in ["0", r#"{"$number":"Infinity"}"#] {
        assert_eq!(merged(&format!(r#"{{"timeout":{none}}}"#)).timeout.default, None);
    }
    assert_eq!(
        merged(r#"{"timeout":{"default":0.5,"perTask":false}}"#).timeout,
        Timeout {
            default: Some(Duration::from_micros(500)),
            per_task: false
        }
    );
}

#[test]
fn retry_and_logging_take_their_forms() {
    let retry = merged(r#"{"retry":{"attempts":5,"backoff":"linear","jitter":true,"maxDelay":1000}}"#).retry;
    assert_eq!(
        (retry.attempts, retry.backoff, retry.jitter),
        (Some(5), Backoff::Linear, 1.0)
    );
    assert_eq!(
        merged(r#"{"retry":{"backoff":1.5,"jitter":0.25}}"#).retry.jitter,
        0.25
    );
    assert_eq!(merged(r#"{"logging":"debug"}"#).logging.level, Level::Debug);
    let destination = |value: &str| {
        merged(&format!(r#"{{"logging":{{"destination":{value}}}}}"#))
            .logging
            .destination
    };
    assert_eq!(
        destination(r#""file""#),
        Destination::File("./tasklets.log".into())
    );
    assert_eq!(
        destination(r#""/var/log/x""#),
        Destination::File("/var/log/x".into())
    );
    assert_eq!(destination(r#"{"$logger":true}"#), Destination::Logger);
}

#[test]
fn mistakes_are_named_in_one_sentence() {
    for (json, sentence) in [
        (
            r#"{"workers":{"max":0}}"#,
            "Expected `workers.max` to be an integer from 1 up, got `0` (number)",
        ),
        (
            r#"{"workers":{"max":"4 / 0"}}"#,
            "Expected `workers.max` to be an integer from 1 up, or an expression such as 'cpu_count * 2', got `\"4 / 0\"` (string): division by zero at column 3",
        ),
        (
            r#"{"workers":{"max":"cpu_count - 9"}}"#,
            "Expected `workers.max` to be an integer from 1 up, got `\"cpu_count - 9\"` (string): it gives -1",
        ),
        (
            r#"{"timeout":-1}"#,
            "Expected `timeout` to be an object, or a number of milliseconds from 0 up, or Infinity, got `-1` (number)",
        ),
        (
            r#"{"wokers":4}"#,
            "Expected `wokers` to be one of the options `workers`, `timeout`, `queue`, `memory`, `maxMemory`, `retry`, `capture`, `gracefulSignals`, `lowLatency`, `logging`, got an unknown name; did you mean `workers`?",
        ),
        (
            r#"{"capture":"all"}"#,
            "Expected `capture` to be 'auto' or 'explicit', got `\"all\"` (string)",
        ),
        (
            r#"{"gracefulSignals":{"$foreign":"`Symbol(x)` (symbol)"}}"#,
            "Expected `gracefulSignals` to be `true` or `false`, got `Symbol(x)` (symbol)",
        ),
        (
            r#"{"lowLatency":"always"}"#,
            "Expected `lowLatency` to be `true`, `false`, a number of milliseconds from 0 up, or Infinity, got `\"always\"` (string)",
        ),
        (
            r#"{"memory":{"perWorker":"1MB"}}"#,
            "Expected `memory.perWorker` to be a size from '16MB' up (in bytes, or with KB, MB, GB, TB), or Infinity, got `\"1MB\"` (string)",
        ),
        ("null", "Expected `config` to be an object, got `null`"),
    ] {
        assert_eq!(refused(json).to_string(), sentence);
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_path() {
    for (json, option) in [
        (r#"{"workers":null}"#, "workers"),
        (r#"{"workers":1.5}"#, "workers"),
        (r#"{"workers":4294967296}"#, "workers"),
        (r#"{"workers":[4]}"#, "workers"),
        (r#"{"workers":{"$number":"NaN"}}"#, "workers"),
        (r#"{"workers":{"$number":"Infinity"}}"#, "workers"),
        (r#"{"workers":{"$other":1}}"#, "workers.$other"),
        (r#"{"workers":{"mx":1}}"#, "workers.mx"),
        (r#"{"workers":{"spare":9,"max":8}}"#, "workers.max"),
        (
            r#"{"workers":{"scaleUpThreshold":0.1}}"#,
            "workers.scaleUpThreshold",
        ),
        (
            r#"{"workers":{"scaleDownThreshold":0.9}}"#,
            "workers.scaleDownThreshold",
        ),
        (
            r#"{"workers":{"scaleDownThreshold":1.1}}"#,
            "workers.scaleDownThreshold",
        ),
        (r#"{"timeout":"30s"}"#, "timeout"),
        (r#"{"timeout":{"perTask":1}}"#, "timeout.perTask"),
        (r#"{"queue":100}"#, "queue"),
        (r#"{"queue":{"maxSize":-1}}"#, "queue.maxSize"),
        (r#"{"queue":{"maxBytes":0}}"#, "queue.maxBytes"),
        (r#"{"memory":"2GB"}"#, "memory"),
        (r#"{"memory":{"limit":"2GB"},"maxMemory":"1GB"}"#, "maxMemory"),
        (
            r#"{"memory":{"limit":"1GB","perWorker":"2GB"}}"#,
            "memory.perWorker",
        ),
        (r#"{"retry":3}"#, "retry"),
        (r#"{"retry":{"backoff":0.5}}"#, "retry.backoff"),
        (r#"{"retry":{"retryOn":["X"]}}"#, "retry.retryOn"),
        (r#"{"retry":{"delay":{"$number":"Infinity"}}}"#, "retry.delay"),
        (r#"{"logging":"loud"}"#, "logging"),
        (r#"{"logging":{"destination":"stdrr"}}"#, "logging.destination"),
        (r#"{"logging":{"destination":""}}"#, "logging.destination"),
        (r#"{"timeout":1,"timeout":2}"#, "config"),
        (r#"{"#, "config"),
        ("[]", "config"),
    ] {
        assert_eq!(refused(json).option, option, "{json}");
    }
    let typed = refused(r#"{"logging":{"destination":"stdrr"}}"#);
    assert_eq!(typed.suggestion.as_deref(), Some("stderr"));
}

#[test]
fn memory_limits_that_agree_are_taken() {
    assert_eq!(
        merged(r#"{"memory":{"limit":"2GB"},"maxMemory":2147483648}"#)
            .memory
            .limit,
        Some(2 * GB)
    );
    // Node's own default was nobody's choice, so a smaller limit is no contradiction.
    assert_eq!(merged(r#"{"maxMemory":"1GB"}"#).memory.limit, Some(GB));
    let chosen = merged(r#"{"memory":{"perWorker":"2GB"}}"#);
    let error = chosen
        .merge_json(r#"{"maxMemory":"1GB"}"#, &MACHINE)
        .expect_err("refused");
    assert_eq!(error.option, "maxMemory");
}

#[test]
fn a_mistake_leaves_the_config_in_force_as_it_was() {
    let before = defaults();
    before
        .merge_json(r#"{"timeout":5,"workers":-1}"#, &MACHINE)
        .expect_err("refused");
    assert_eq!(before, defaults());
}

#[test]
fn what_is_shown_can_be_given_back() {
    for json in [
        "{}",
        r#"{"workers":{"scaling":"fixed","concurrency":3},"timeout":1.25}"#,
        r#"{"workers":{"idleTimeout":{"$number":"Infinity"},"maxTasksPerWorker":10},"retry":{"backoff":"exponential","jitter":0.3}}"#,
        r#"{"logging":{"level":"silent","format":"json","destination":{"$logger":true}},"queue":{"maxBytes":"1.5TB"}}"#,
    ] {
        let config = merged(json);
        let again = defaults()
            .merge_json(&config.to_json(), &MACHINE)
            .expect("its own values");
        assert_eq!(again.to_json(), config.to_json());
        let twice = config
            .merge_json(&config.to_json(), &MACHINE)
            .expect("its own values");
        assert_eq!(twice.to_json(), config.to_json());
    }
}
