use std::path::PathBuf;

use super::super::*;
use super::{MACHINE, defaults, merged};

/// A file that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("tasklets-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("a writable directory for temporary files");
        Self(path)
    }

    fn merge(&self) -> Result<Config, ConfigError> {
        defaults().merge(&from_file(&self.0)?, &MACHINE)
    }

    fn mistake(&self) -> String {
        let message = self.merge().expect_err("refused").to_string();
        message.replace(&self.0.display().to_string(), "FILE")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may be left behind; nothing depends on it.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn json_and_yaml_say_the_same() {
    let expected = Ok(merged(
        r#"{"workers":{"min":1,"max":"cpu_count * 2","idleTimeout":{"$number":"Infinity"}},"timeout":500,"maxMemory":"2GB"}"#,
    ));
    let json = r#"{"workers":{"min":1,"max":"cpu_count * 2","idleTimeout":{"$number":"Infinity"}},"timeout":500,"maxMemory":"2GB"}"#;
    assert_eq!(Scratch::new("same.json", json).merge(), expected);
    let yaml = "# ours\nworkers:\n  min: 1\n  max: cpu_count * 2\n  idleTimeout: .inf\ntimeout: 5e2\nmaxMemory: '2GB'\n";
    assert_eq!(Scratch::new("same.yaml", yaml).merge(), expected);
    assert_eq!(
        Scratch::new("bom.YML", format!("\u{feff}{yaml}")).merge(),
        expected
    );
    let anchors = "workers: &w\n  min: !!int 1\n  max: &m cpu_count * 2\n  idleTimeout: .inf\ntimeout: 0x1F4\nmaxMemory: 2GB\n...\n";
    assert_eq!(Scratch::new("anchors.yaml", anchors).merge(), expected);
}

#[test]
fn a_yaml_file_without_options_says_nothing() {
    for text in ["", "# nothing\n", "---\n", "{}"] {
        assert_eq!(Scratch::new("empty.yaml", text).merge(), Ok(defaults()));
    }
}

#[test]
fn mistakes_name_the_file_the_line_and_the_column() {
    let wrong_value = "Expected `workers.max` to be an integer from 1 up, got `0` (number) in FILE:";
    let yaml = Scratch::new("value.yaml", "timeout: 5\nworkers:\n  max: 0\n");
    assert_eq!(yaml.mistake(), format!("{wrong_value}3:8"));
    let json = Scratch::new(
        "value.json",
        "{\n  \"timeout\": 5,\n  \"workers\": { \"max\": 0 }\n}",
    );
    assert_eq!(json.mistake(), format!("{wrong_value}3:23"));
    for (name, text, end) in [
        (
            "unknown.yaml",
            "queue:\n  maxSise: 5\n",
            "an unknown name in FILE:2:12; did you mean `queue.maxSize`?",
        ),
        (
            "twice.yaml",
            "timeout: 1\ntimeout: 2\n",
            "a mistake in FILE:2:1: `timeout` is given twice",
        ),
        (
            "twice.json",
            "{\"timeout\": 1,\n \"timeout\": 2}",
            "a mistake in FILE:2:14: `timeout` is given twice",
        ),
        (
            "two.yaml",
            "timeout: 1\n---\ntimeout: 2\n",
            "a mistake in FILE:2:1: a second document; a config is one",
        ),
        (
            "tag.yaml",
            "timeout: !seconds 1\n",
            "a mistake in FILE:1:10: the tag `!seconds` means nothing here",
        ),
        (
            "list.yaml",
            "- 1\n",
            "Expected `config` to be an object, got an array of 1",
        ),
    ] {
        let mistake = Scratch::new(name, text).mistake();
        assert!(mistake.ends_with(end), "{mistake}");
    }
    assert!(
        Scratch::new("syntax.json", "{\n  \"a\": x\n}")
            .mistake()
            .contains("FILE:2:")
    );
    assert!(
        Scratch::new("syntax.yaml", "a: [1\nb: 2")
            .mistake()
            .contains("a mistake in FILE:2:")
    );
    assert!(
        Scratch::new("latin1.yaml", b"a: 1\nb: \xff")
            .mistake()
            .contains("FILE:2:4: not valid UTF-8")
    );
}

#[test]
fn what_is_no_readable_config_file_is_refused() {
    let missing = from_file("/nowhere/at/all.yaml").expect_err("refused");
    assert_eq!(missing.option, "path");
    assert!(
        missing
            .to_string()
            .contains("`\"/nowhere/at/all.yaml\"` (string): "),
        "{missing}"
    );
    let error = from_file("config.toml").expect_err("refused");
    assert!(error.to_string().contains("a .json, .yaml or .yml file"));
    assert!(
        Scratch::new("large.json", vec![b' '; (1 << 20) + 1])
            .mistake()
            .contains("more than 1 MB")
    );
    #[cfg(unix)]
    assert!(from_file("/dev/null/x.json").is_err());
}

#[test]
fn aliases_cannot_make_a_small_file_large() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(
        Scratch::new("bomb.yaml", bomb)
            .mistake()
            .contains("more than 10000 values")
    );
    let texts = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(10_000));
    assert!(
        Scratch::new("texts.yaml", texts)
            .mistake()
            .contains("more than 10000 values")
    );
    let deep = format!("a: {}", "[".repeat(100_000));
    Scratch::new("deep.yaml", deep).merge().expect_err("refused");
    Scratch::new("deep.json", format!("{{\"a\":{}", "[".repeat(100_000)))
        .merge()
        .expect_err("refused");
}
