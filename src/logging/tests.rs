use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::file::{LogFile, MOST_WAITING};
use super::format::timestamp;
use super::*;
use crate::config::{Format, Level, Logging};

fn settings(level: Level, format: Format, destination: Destination) -> Logging {
    let mut logging = Logging::new();
    (logging.level, logging.format, logging.destination) = (level, format, destination);
    logging
}

fn record<'a>(message: &'a str, fields: &'a [(&'a str, Value<'a>)]) -> Record<'a> {
    Record {
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_007),
        level: Level::Warn,
        message,
        fields,
    }
}

#[test]
fn timestamps_are_iso_8601_in_utc() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399, "2000-02-28T23:59:59.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (1_709_210_096, "2024-02-29T12:34:56.000Z"),
        (4_107_542_399, "2100-02-28T23:59:59.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z"),
    ] {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(timestamp(at), text);
    }
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(timestamp(before), "1970-01-01T00:00:00.000Z");
}

#[test]
fn a_text_line_keeps_to_one_line() {
    let fields = [
        ("task", "a b".into()),
        ("id", 7_u64.into()),
        ("late", true.into()),
        ("name", "fib".into()),
    ];
    assert_eq!(
        to_line(&record("it\nbroke", &fields), Format::Text),
        "2023-11-14T22:13:20.007Z WARN  tasklets: it\\nbroke task=\"a b\" id=7 late=true name=fib\n"
    );
}

#[test]
fn a_json_line_is_one_object() {
    let fields = [
        ("ratio", f64::NAN.into()),
        ("wait", 1.5.into()),
        ("text", "\"\n".into()),
    ];
    assert_eq!(
        to_line(&record("slow", &fields), Format::Json),
        "{\"timestamp\":\"2023-11-14T22:13:20.007Z\",\"level\":\"warn\",\"message\":\"slow\",\
         \"fields\":{\"ratio\":\"NaN\",\"wait\":1.5,\"text\":\"\\\"\\n\"}}\n"
    );
}

/// Keeps the messages it gets.
struct Recorded(Arc<Mutex<Vec<String>>>);

impl Sink for Recorded {
    fn record(&self, record: &Record) {
        let mut messages = self.0.lock().expect("no test panics with it");
        messages.push(format!("{} {}", record.level.name(), record.message));
    }
}

fn to_sink(level: Level) -> (Logger, Arc<Mutex<Vec<String>>>) {
    let messages = Arc::new(Mutex::new(Vec::new()));
    let settings = settings(level, Format::Text, Destination::Logger);
    let logger =
        Logger::new(&settings, Some(Box::new(Recorded(Arc::clone(&messages))))).expect("a sink is given");
    (logger, messages)
}

fn log_all(logger: &Logger) {
    for level in [
        Level::Error,
        Level::Warn,
        Level::Info,
        Level::Debug,
        Level::Silent,
    ] {
        logger.log(level, "x", &[]);
    }
}

#[test]
fn a_level_lets_through_itself_and_what_is_worse() {
    for (level, count) in [
        (Level::Silent, 0),
        (Level::Error, 1),
        (Level::Warn, 2),
        (Level::Info, 3),
        (Level::Debug, 4),
    ] {
        let (logger, messages) = to_sink(level);
        log_all(&logger);
        assert_eq!(messages.lock().expect("whole").len(), count, "{level:?}");
        assert!(!logger.enabled(Level::Silent));
    }
}

#[test]
fn nothing_is_written_after_close() {
    let (logger, messages) = to_sink(Level::Debug);
    logger.close();
    logger.close();
    log_all(&logger);
    assert!(messages.lock().expect("whole").is_empty());
}

#[test]
fn a_sink_may_log_or_close_its_own_logger() {
    struct Nested(Mutex<Option<Arc<Logger>>>);
    impl Sink for Nested {
        fn record(&self, _: &Record) {
            // Taken out first, so it happens once.
            let logger = self.0.lock().expect("whole").take();
            if let Some(logger) = logger {
                logger.log(Level::Error, "inner", &[]);
                logger.close();
            }
        }
    }
    let (logger, _) = to_sink(Level::Debug);
    let logger = Arc::new(logger);
    let nested = Nested(Mutex::new(Some(Arc::clone(&logger))));
    let settings = settings(Level::Debug, Format::Text, Destination::Logger);
    logger
        .configure(&settings, Some(Box::new(nested)))
        .expect("a sink is given");
    logger.log(Level::Error, "outer", &[]);
}

#[test]
fn a_logger_destination_needs_a_sink() {
    let error = Logger::new(&settings(Level::Warn, Format::Text, Destination::Logger), None).err();
    assert_eq!(error.expect("refused").option, "logging.destination");
}

/// A path for a file that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("tasklets-{}-{name}.log", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn settings(&self) -> Logging {
        let path = self.0.to_str().expect("a temporary directory with a plain name");
        settings(Level::Info, Format::Json, Destination::File(path.to_owned()))
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(&self.0).expect("written");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may be left behind; nothing depends on it.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_file_holds_all_records_once_closed_and_is_appended_to() {
    let file = Scratch::new("appended");
    for round in 0..2_u64 {
        let logger = Logger::new(&file.settings(), None).expect("a writable path");
        for id in 0..100_u64 {
            logger.log(Level::Info, "done", &[("id", (round * 100 + id).into())]);
        }
        logger.close();
        let ids: Vec<_> = file
            .lines()
            .iter()
            .map(|line| line["fields"]["id"].as_u64())
            .collect();
        assert_eq!(ids, (0..(round + 1) * 100).map(Some).collect::<Vec<_>>());
    }
}

#[test]
fn a_path_that_cannot_be_written_is_known_at_once() {
    let directory = std::env::temp_dir().to_string_lossy().into_owned();
    for path in ["/nowhere/at/all.log", directory.as_str()] {
        let settings = settings(Level::Warn, Format::Text, Destination::File(path.to_owned()));
        let error = Logger::new(&settings, None).err().expect("refused");
        assert_eq!(error.option, "logging.destination");
        assert!(
            error
                .to_string()
                .contains("a file that can be written to, got `\""),
            "{error}"
        );
    }
}

#[test]
fn settings_that_cannot_be_met_change_nothing() {
    let (logger, messages) = to_sink(Level::Warn);
    let impossible = settings(
        Level::Debug,
        Format::Text,
        Destination::File("/nowhere/at/all.log".into()),
    );
    logger.configure(&impossible, None).expect_err("refused");
    logger.log(Level::Debug, "x", &[]);
    logger.log(Level::Warn, "x", &[]);
    assert_eq!(*messages.lock().expect("whole"), ["warn x"]);
}

#[test]
fn new_settings_hold_at_once_and_the_old_file_is_whole() {
    let (old, new) = (Scratch::new("old"), Scratch::new("new"));
    let logger = Logger::new(&old.settings(), None).expect("a writable path");
    logger.log(Level::Info, "first", &[]);
    logger.configure(&new.settings(), None).expect("a writable path");
    assert_eq!(old.lines().len(), 1);
    logger.log(Level::Info, "second", &[]);
    drop(logger);
    assert_eq!(new.lines().len(), 1);
}

/// Says when it is about to write, then waits for leave to do so.
struct Gated {
    arrived: Sender<()>,
    leave: Receiver<io::Result<()>>,
    text: Arc<Mutex<String>>,
}

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The test may have stopped listening.
        let _ = self.arrived.send(());
        self.leave.recv().unwrap_or(Ok(()))?;
        let text = String::from_utf8_lossy(bytes);
        self.text.lock().expect("whole").push_str(&text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Gate = (LogFile, Receiver<()>, Sender<io::Result<()>>, Arc<Mutex<String>>);

fn gated() -> Gate {
    let (arrived, arrivals) = mpsc::channel();
    let (permit, leave) = mpsc::channel();
    let text = Arc::new(Mutex::new(String::new()));
    let out = Gated {
        arrived,
        leave,
        text: Arc::clone(&text),
    };
    let file = LogFile::start(Box::new(out), "gated", Format::Text).expect("a thread");
    (file, arrivals, permit, text)
}

#[test]
fn a_full_queue_loses_records_and_says_how_many() {
    let (file, arrivals, permit, text) = gated();
    file.write("first\n".to_owned());
    arrivals.recv().expect("the thread writes");
    for _ in 0..MOST_WAITING + 5 {
        file.write("waiting\n".to_owned());
    }
    drop(permit);
    file.close();
    let text = text.lock().expect("whole");
    assert_eq!(text.matches("waiting\n").count(), MOST_WAITING);
    assert_eq!(text.matches("log records were lost").count(), 1);
    assert!(text.contains("count=5\n"), "{text}");
}

#[test]
fn what_the_disk_does_not_take_is_counted() {
    let (file, arrivals, permit, text) = gated();
    file.write("lost\n".to_owned());
    arrivals.recv().expect("the thread writes");
    permit
        .send(Err(io::Error::other("disk full")))
        .expect("the thread waits");
    drop(permit);
    file.close();
    let text = text.lock().expect("whole");
    assert!(text.contains("count=1\n") && !text.contains("lost\n"), "{text}");
}

#[test]
fn a_stream_that_takes_no_more_loses_records_and_says_how_many() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    static TEXT: Mutex<String> = Mutex::new(String::new());
    let stream = Stream::new(Format::Text, |line| {
        if CALLS.fetch_add(1, Ordering::Relaxed) < 2 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        TEXT.lock()
            .expect("whole")
            .push_str(&String::from_utf8_lossy(line));
        Ok(())
    });
    for message in ["one", "two", "three", "four"] {
        stream.write(&record(message, &[]));
    }
    let text = TEXT.lock().expect("whole");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].ends_with("count=2") && lines[1].ends_with("three"),
        "{text}"
    );
}
