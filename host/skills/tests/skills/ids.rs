//! Ids, words and look-alikes.

use jackfield_skills::{SkillId, Source, Trust, look_alikes};

fn ids(texts: &[&str]) -> Vec<SkillId> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn id_with_other_characters_hyphens_or_length_is_refused() {
    let longest = "a".repeat(64);
    for good in ["a", "7", "write-tests", "a-1-b", longest.as_str()] {
        assert_eq!(good.parse::<SkillId>().unwrap().as_str(), good);
    }
    let long = "a".repeat(65);
    for bad in
        ["", "-a", "a-", "a--b", "A", "a_b", "a b", "ä", "..", "a/b", "../a", "a\n", "a\0", long.as_str()]
    {
        assert!(bad.parse::<SkillId>().is_err(), "{bad:?}");
        assert!(serde_json::from_value::<SkillId>(bad.into()).is_err(), "{bad:?}");
    }
    let message = "No".parse::<SkillId>().unwrap_err().to_string();
    assert!(message.starts_with("'No' is not the id of a skill"), "{message}");
}

#[test]
fn trust_and_source_are_written_as_stored() {
    for trust in [Trust::Vetted, Trust::Community, Trust::Experimental] {
        assert_eq!(serde_json::to_value(trust).unwrap(), trust.as_str());
        assert_eq!(trust.to_string(), trust.as_str());
    }
    for source in [Source::Local, Source::Marketplace] {
        assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
    }
}

#[test]
fn ids_that_look_alike_are_grouped() {
    let known =
        ids(&["tool", "t00l", "too1", "modern", "modem", "clock", "code-review", "codereview", "other"]);
    let groups = look_alikes(&known);
    let expected: [&[&str]; 3] =
        [&["code-review", "codereview"], &["modem", "modern"], &["t00l", "too1", "tool"]];
    assert_eq!(groups, expected.map(ids));
}

#[test]
fn repeated_id_looks_like_no_other() {
    assert_eq!(look_alikes(&ids(&["tool", "tool", "saw"])), Vec::<Vec<SkillId>>::new());
}
