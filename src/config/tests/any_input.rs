//! Inputs made by chance from pieces that mean something, so that they get further than noise would.

use super::super::*;
use super::{MACHINE, defaults};

/// A small generator of numbers by xorshift: the same ones in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn pick<'a>(&mut self, pieces: &[&'a str]) -> &'a str {
        pieces[self.below(pieces.len())]
    }

    fn text(&mut self, pieces: &[&str], most: usize) -> String {
        (0..self.below(most)).map(|_| self.pick(pieces)).collect()
    }
}

#[test]
fn never_panics_in_an_expression_or_a_size() {
    const PIECES: &[&str] = &[
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "0",
        "1",
        "7",
        "99999999999999999999",
        "cpu_count",
        " ",
        ".",
        "é",
        "KB",
        "GB",
        "tb",
        "\0",
        "x",
        "170141183460469231731687303715884105727",
    ];
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for _ in 0..200_000 {
        let text = chance.text(PIECES, 12);
        // Only that they return matters here.
        let _ = expression::evaluate(&text, chance.below(4) as u32);
        let _ = size::parse(&text);
    }
}

const VALUES: &[&str] = &[
    "0",
    "1",
    "4",
    "-1",
    "1.5",
    "0.5",
    "1e308",
    "-0",
    "9007199254740993",
    "null",
    "true",
    "\"auto\"",
    "\"fixed\"",
    "\"adaptive\"",
    "\"cpu_count*2\"",
    "\"2GB\"",
    "\"\"",
    "[]",
    "{}",
    "\"file\"",
    "\"debug\"",
    "{\"$undefined\":true}",
    "{\"$number\":\"Infinity\"}",
    "{\"$number\":\"NaN\"}",
    "{\"$logger\":true}",
    "{\"$foreign\":\"f\"}",
    "1e18",
    "5000",
];

const GROUPS: &[(&str, &[&str])] = &[
    (
        "workers",
        &[
            "min",
            "max",
            "scaling",
            "idleTimeout",
            "concurrency",
            "scaleUpThreshold",
            "scaleDownThreshold",
            "spare",
            "maxTasksPerWorker",
        ],
    ),
    ("timeout", &["default", "perTask"]),
    ("queue", &["maxSize", "maxBytes"]),
    ("memory", &["limit", "perWorker", "cleanup"]),
    ("retry", &["attempts", "delay", "backoff", "maxDelay", "jitter"]),
    ("logging", &["level", "format", "destination"]),
    ("maxMemory", &["x"]),
    ("capture", &["x"]),
    ("gracefulSignals", &["x"]),
    ("lowLatency", &["x"]),
];

#[test]
fn is_refused_or_gives_a_config_that_holds_its_promises() {
    let mut chance = Chance(42);
    let mut config = defaults();
    let mut taken = 0;
    for _ in 0..100_000 {
        let (group, names) = GROUPS[chance.below(GROUPS.len())];
        let value = if chance.below(4) == 0 {
            chance.pick(VALUES).to_owned()
        } else {
            let (first, second) = (chance.pick(names), chance.pick(names));
            format!(
                "{{\"{first}\":{},\"{second}\":{}}}",
                chance.pick(VALUES),
                chance.pick(VALUES)
            )
        };
        let json = format!("{{\"{group}\":{value}}}");
        let Ok(next) = config.merge_json(&json, &MACHINE) else {
            continue;
        };
        taken += 1;
        let workers = &next.workers;
        assert!(
            workers.min <= workers.max && 1 <= workers.max && workers.spare <= workers.max,
            "{json}"
        );
        assert!(
            workers.scale_down_threshold <= workers.scale_up_threshold,
            "{json}"
        );
        assert!(
            workers.scaling == Scaling::Adaptive || workers.min == workers.max,
            "{json}"
        );
        let shown = next.to_json();
        let again = next
            .merge_json(&shown, &MACHINE)
            .unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(again.to_json(), shown, "{json}");
        // Start over now and then, or large values stay for good.
        config = if chance.below(20) == 0 { defaults() } else { next };
    }
    assert!(taken > 2_000, "only {taken} of them were taken");
}

#[test]
fn never_panics_in_a_file() {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        ",",
        "\"",
        "'",
        "\n",
        "\n  ",
        " ",
        "- ",
        "? ",
        "&a ",
        "*a",
        "!!str ",
        "!x ",
        "|\n",
        ">-\n",
        "#",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "workers",
        "max",
        "timeout",
        "1",
        "0x",
        "-",
        "<<",
        ".inf",
        "~",
        "\t",
        "\r",
        "é",
        "\u{feff}",
        "\\u12",
        "\0",
        "@",
        "`",
        "%",
    ];
    let mut chance = Chance(7);
    for _ in 0..100_000 {
        let text = chance.text(PIECES, 24);
        for parse in [yaml::parse, file::parse_json] {
            let Ok((input, _)) = parse(&text) else {
                continue;
            };
            let layer = Layer {
                input,
                origins: Vec::new(),
            };
            // Taken or refused, it returns.
            let _ = defaults().merge(&layer, &MACHINE);
        }
    }
}

#[test]
fn never_panics_in_a_variable() {
    let names = [
        "TASKLETS_WORKERS",
        "TASKLETS_MIN_WORKERS",
        "TASKLETS_TIMEOUT",
        "TASKLETS_",
        "TASKLETS_é",
        "TASK",
        "",
    ];
    let mut chance = Chance(3);
    for _ in 0..20_000 {
        let value = chance.text(&["-", "1", ".", "e", "inf", "NaN", "Infinity", "GB", "é", " "], 5);
        if let Ok(layer) = from_env([(chance.pick(&names), value)]) {
            let _ = defaults().merge(&layer, &MACHINE);
        }
    }
}
