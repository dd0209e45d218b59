//! Bytes that are no frames, and frames that are not quite right.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::read_reports;
use super::{report_frame, submit_frame, tasks_in, terms_bytes, terms_with_inputs};

/// Reads bytes, whatever they are, and looks at everything that comes of it.
fn read_all(bytes: &[u8]) -> (bool, bool) {
    let shared: Arc<[u8]> = bytes.into();
    let tasks = tasks_in(&shared);
    for task in tasks.iter().flatten() {
        assert_eq!(task.payload.as_slice().len(), task.payload.len());
        assert!((1..1 << 53).contains(&task.id.0));
    }
    assert!(tasks.as_ref().map_or(0, Vec::capacity) <= bytes.len() / 32 + 4);
    let (mut told, mut yields) = (Vec::new(), Vec::new());
    let reports = read_reports(bytes, &mut told, &mut yields);
    assert!(
        yields
            .iter()
            .all(|yielded| yielded.body.start <= yielded.body.end && yielded.body.end <= bytes.len())
    );
    for told in &told {
        assert!(told.report.body.end <= bytes.len() && told.note.end <= bytes.len());
        assert!(told.report.body.start <= told.report.body.end && told.report.body.end == told.note.start);
    }
    assert!(told.len() + yields.len() <= bytes.len() / 32);
    for malformed in [tasks.as_ref().err(), reports.as_ref().err()]
        .into_iter()
        .flatten()
    {
        assert!(malformed.at < bytes.len());
    }
    (tasks.is_ok(), reports.is_ok())
}

/// Frames that are right, of both kinds.
fn flushes() -> impl Strategy<Value = Vec<u8>> {
    let payload = || vec(any::<u8>(), 0..40);
    let submit = (1_u32.., 0_usize..5, payload()).prop_map(|(id, has_terms, payload)| {
        let terms = match has_terms {
            0 => Vec::new(),
            1 => terms_bytes(0),
            count => terms_with_inputs(&vec![1.0; count]),
        };
        submit_frame(f64::from(id), u32::from(has_terms > 0) << 2, &terms, &payload)
    });
    let report = (1_u32.., 0_u32..3, payload(), payload())
        .prop_map(|(id, status, body, note)| report_frame(f64::from(id), status, 1.0, &body, &note));
    prop_oneof![vec(submit, 1..5), vec(report, 1..5)].prop_map(|frames| frames.concat())
}

proptest! {
    #[test]
    fn no_bytes_do_any_harm(bytes in vec(any::<u8>(), 0..600)) {
        read_all(&bytes);
    }

    #[test]
    fn no_words_do_any_harm(words in vec(prop_oneof![0_u32..130, any::<u32>()], 0..80)) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        read_all(&bytes);
    }

    #[test]
    fn frames_with_a_few_wrong_words_do_no_harm(
        bytes in flushes(),
        wrong in vec((any::<prop::sample::Index>(), prop_oneof![0_u32..130, any::<u32>()]), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = bytes;
        for (place, word) in wrong {
            let at = place.index(bytes.len() / 4) * 4;
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        read_all(&bytes);
        read_all(&bytes[..cut.index(bytes.len() + 1)]);
    }

    #[test]
    fn frames_that_are_right_are_read(bytes in flushes()) {
        let (tasks, reports) = read_all(&bytes);
        prop_assert!(tasks || reports);
    }

    #[test]
    fn numbers_that_are_no_ids_are_refused(
        id in prop_oneof![any::<f64>().prop_filter("ids are integers", |id| id.fract() != 0.0 || *id < 1.0), Just(f64::NAN), Just(9_007_199_254_740_992.0)],
    ) {
        prop_assert!(tasks_in(&submit_frame(id, 0, &[], b"").into()).is_err());
        prop_assert!(read_reports(&report_frame(id, 0, 0.0, b"", b""), &mut Vec::new(), &mut Vec::new()).is_err());
    }
}
