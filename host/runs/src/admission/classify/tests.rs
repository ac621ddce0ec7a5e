//! Instructions as people write them, with what they are.

use super::*;

/// The instruction, its type, and the range that its complexity is in.
const LABELLED: &[(&str, &str, (u8, u8))] = &[
    ("Design the architecture of a multi-tenant billing service", "architecture", (7, 10)),
    ("design the architecture of the plugin system", "architecture", (6, 10)),
    ("Propose an architecture for the event pipeline and write an ADR", "architecture", (6, 10)),
    ("Review PR 42", "review", (3, 6)),
    ("Please review the changes on branch feature/login", "review", (3, 6)),
    ("Do a security review of the authentication module", "review", (4, 8)),
    ("Audit our dependencies for known vulnerabilities", "review", (3, 6)),
    ("Could you review this pull request and list what is wrong?", "review", (3, 6)),
    ("Design the database schema for orders", "design", (5, 8)),
    ("Write an RFC about moving from REST to gRPC, with the trade-offs", "design", (5, 8)),
    ("Redesign the settings page", "design", (5, 8)),
    ("Plan the migration from MySQL to PostgreSQL", "plan", (6, 9)),
    ("Break down the checkout epic into tasks", "plan", (6, 10)),
    ("Write a roadmap for the next quarter", "plan", (5, 8)),
    ("Fix typo in README", "docs", (1, 1)),
    ("fix the spelling mistakes in docs/guide.md", "docs", (1, 2)),
    ("Update the README: it says to run `make` before building", "docs", (1, 3)),
    ("Document the public API of the parser", "docs", (1, 3)),
    ("Add docstrings to the functions in utils.py", "docs", (1, 3)),
    ("Write a changelog entry for version 2.1", "docs", (1, 3)),
    ("Fix the crash when the config file is empty", "bugfix", (3, 5)),
    ("The login button doesn't work on Safari", "bugfix", (3, 5)),
    ("Fix the failing test in auth_test.go", "bugfix", (3, 4)),
    ("Debug why the worker hangs after a restart", "bugfix", (3, 5)),
    ("There is a race condition in the cache, please fix it", "bugfix", (4, 7)),
    ("Users get a null pointer exception on checkout", "bugfix", (3, 5)),
    ("Resolve the memory leak in the websocket handler", "bugfix", (3, 5)),
    ("Write unit tests for the date parser", "test", (3, 4)),
    ("Add tests for the retry logic", "test", (3, 4)),
    ("Increase the test coverage of the billing module", "test", (3, 4)),
    ("Add an integration test for login", "test", (3, 4)),
    ("Refactor the user service to use dependency injection", "refactor", (3, 5)),
    ("Rename the function getCwd to getCurrentWorkingDirectory", "refactor", (1, 2)),
    ("Remove dead code from the legacy module", "refactor", (2, 4)),
    ("Simplify the error handling in main.rs", "refactor", (2, 4)),
    ("Clean up unused imports", "refactor", (1, 2)),
    ("Optimize the search query, it is too slow", "performance", (3, 5)),
    ("Make the build faster", "performance", (3, 5)),
    ("Reduce the latency of the orders endpoint", "performance", (3, 5)),
    ("Bump lodash to 4.17.21", "chore", (1, 3)),
    ("Upgrade all dependencies to their latest versions", "chore", (2, 4)),
    ("Add target/ to .gitignore", "chore", (1, 2)),
    ("Set up GitHub Actions for the linter", "chore", (2, 4)),
    ("Implement password reset by e-mail", "feature", (3, 5)),
    ("Add a dark mode toggle to the settings page", "feature", (3, 5)),
    ("Create an endpoint that returns the current user", "feature", (3, 5)),
    ("Support uploading several files at once", "feature", (3, 5)),
    ("Say hello", "feature", (3, 3)),
    ("Explain how the scheduler works", "question", (3, 4)),
    ("Why does the build need Python 3?", "question", (3, 4)),
    ("What does the function parse_line do?", "question", (3, 4)),
    ("List all REST routes", "question", (3, 4)),
    ("Rewrite the importer from scratch in Rust", "refactor", (7, 9)),
    ("Evaluate two approaches for sharding and recommend one", "design", (5, 8)),
    ("How should we structure the payment system? Propose a design", "design", (5, 8)),
    ("Review the design of the cache", "review", (4, 6)),
    ("Look over my changes and tell me what is wrong", "review", (3, 6)),
    ("Code review for !118", "review", (3, 6)),
    ("Check the pull request for security problems", "review", (3, 6)),
    ("echo hello world", "feature", (3, 3)),
    ("Correct the wording of the error message", "docs", (1, 2)),
    ("The API returns 500 when the name is empty", "bugfix", (3, 4)),
    ("Investigate why the nightly job fails", "bugfix", (3, 4)),
    ("Sort the imports and format the code", "chore", (1, 3)),
    ("Convert the callbacks to async/await", "refactor", (3, 4)),
    ("Make pagination configurable", "feature", (3, 4)),
    ("Move the helper functions into their own module", "refactor", (2, 4)),
    ("Set up CI", "chore", (2, 4)),
    ("Add logging to the payment flow", "feature", (3, 4)),
    ("Verify that the export works with empty files and add a regression test", "test", (3, 4)),
    ("Come up with a strategy for feature flags", "plan", (5, 8)),
    ("Is it safe to delete the users table?", "question", (3, 4)),
    ("Update copyright year", "chore", (1, 3)),
    ("Migrate the whole codebase from JavaScript to TypeScript", "feature", (7, 10)),
];

#[test]
fn instructions_are_classified_by_their_words() {
    let mut wrong = Vec::new();
    for (instruction, task_type, (least, most)) in LABELLED {
        let guess = classify(instruction, &[]);
        if guess.task_type != *task_type || !(*least..=*most).contains(&guess.complexity) {
            wrong.push(format!("{instruction}: {guess:?}, expected {task_type} {least}..={most}"));
        }
    }
    let right = LABELLED.len() - wrong.len();
    println!("{right} of {} instructions are classified as labelled", LABELLED.len());
    assert!(wrong.is_empty(), "{right} of {} right; wrong:\n{}", LABELLED.len(), wrong.join("\n"));
}

#[test]
fn keywords_of_the_caller_count_like_words_and_more() {
    let with = |keywords: &[&str]| {
        classify("Take care of the parser", &keywords.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(with(&[]).task_type, "feature");
    for (keyword, task_type) in
        [("architecture", "architecture"), ("Review", "review"), ("bug", "bugfix"), ("tests", "test")]
    {
        assert_eq!(with(&[keyword]).task_type, task_type, "{keyword}");
    }
    assert_eq!(with(&["typo"]).complexity, 1);
    assert_eq!(classify("Fix the parser", &["docs".to_owned()]).task_type, "docs");
}

#[test]
fn named_type_is_kept_and_its_complexity_is_read_from_the_words() {
    assert_eq!(complexity("docs", "fix typo in README", &[]), 1);
    assert_eq!(complexity("feature", "do it", &[]), USUAL_COMPLEXITY);
    assert_eq!(complexity("bugfix", "migrate the parser", &[]), 7);
}

#[test]
fn complexity_grows_with_length_up_to_ten() {
    let list: String = (0..8).map(|point| format!("\n{point}. add the field")).collect();
    assert_eq!(classify(&format!("Extend the form:{list}"), &[]).complexity, USUAL_COMPLEXITY + 1);
    let long = format!("Build this epic{list}{}", " more".repeat(1_000));
    assert_eq!(classify(&long, &[]).complexity, 10);
    for odd in ["", "?", "é".repeat(5_000).as_str(), "日本語でお願いします"] {
        let guess = classify(odd, &[]);
        assert!((1..=10).contains(&guess.complexity), "{odd}");
    }
}

#[test]
fn language_is_recognised_if_exactly_one_is_named() {
    assert_eq!(language("Write a parser in Python"), Some("python"));
    assert_eq!(language("Write a server in Go"), Some("go"));
    assert_eq!(language("Go through the list"), None);
    assert_eq!(language("Port it from Ruby to Rust"), None);
    assert_eq!(language("Fix C++ build"), Some("cpp"));
}
