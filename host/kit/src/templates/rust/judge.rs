//! How results compare: whoever passed its checks with the smallest change wins.

use jackfield_sdk::judge::{
    Agreement, Comparison, Judge, Rating, ResultInQuestion, State, VerifiedAxis, comparison, rating,
};

struct Smallest;

impl Judge for Smallest {
    fn compare(results: &[ResultInQuestion]) -> Comparison {
        let same = results.windows(2).all(|pair| pair[0].diff == pair[1].diff);
        let agreement = if same { Agreement::Full } else { Agreement::None };
        let sound = (0_u32..).zip(results).filter(|(_, one)| one.report.state == State::Succeeded);
        let best = sound.min_by_key(|(_, one)| (!verified(one), one.diff.len()));
        match best {
            Some((place, _)) => comparison(agreement, Some(place), "its change is the smallest that holds"),
            None => comparison(agreement, None, "none of them succeeded"),
        }
    }

    fn dimensions() -> Vec<String> {
        vec!["verified".to_string()]
    }

    fn rate(subject: &ResultInQuestion) -> Vec<Rating> {
        let score = if verified(subject) { 1000 } else { 0 };
        vec![rating("verified", score, "by whether its checks passed")]
    }
}

fn verified(result: &ResultInQuestion) -> bool {
    result.report.verified == VerifiedAxis::Passed
}

jackfield_sdk::judge!(Smallest);
