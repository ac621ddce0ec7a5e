//! Whatever a program prints, and wherever it is split, the adapters read it to its end and tell the same.

use jackfield_sdk::{Lines, json};

/// One program's output.
pub fn run(bytes: &[u8]) {
    let sizes = [1, 7, 64, 4096];
    let size = sizes[bytes.len() % sizes.len()];
    lines(bytes, size);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let quoted = json::quote(text);
        assert_eq!(serde_json::from_str::<String>(&quoted).ok().as_deref(), Some(text));
    }
    assert_eq!(claude(&[bytes]), claude(&split(bytes, size)));
    assert_eq!(codex(&[bytes]), codex(&split(bytes, size)));
    assert_eq!(gemini(&[bytes]), gemini(&split(bytes, size)));
}

fn split(bytes: &[u8], size: usize) -> Vec<&[u8]> {
    bytes.chunks(size).collect()
}

fn lines(bytes: &[u8], size: usize) {
    let of = |chunks: &[&[u8]]| {
        let (mut lines, mut seen) = (Lines::new(), Vec::new());
        chunks.iter().for_each(|chunk| lines.feed(chunk, |line| seen.push(line.to_vec())));
        lines.finish(|line| seen.push(line.to_vec()));
        seen
    };
    assert_eq!(of(&[bytes]), of(&split(bytes, size)));
}

/// What each adapter tells and concludes.
macro_rules! adapter {
    ($name:ident, $crate_name:ident) => {
        fn $name(chunks: &[&[u8]]) -> (Vec<String>, String) {
            use $crate_name::driving::Event;
            use $crate_name::driving::{Access, Ending, Exit, Folders, GuestReading, Request, Role};
            // Past these the host would fail the attempt, for what a program garbled.
            fn believable(event: &Event) {
                match event {
                    Event::Usage(used) => {
                        let most = [used.input, used.cached_input, used.cache_write, used.output];
                        assert!(most.iter().chain(&used.cost).all(|figure| *figure <= 1_000_000_000_000_000));
                    }
                    Event::Limit(limit) => {
                        assert!(limit.resets_at.is_none_or(|at| at <= 253_402_300_799_999))
                    }
                    Event::Retrying(again) => assert!(again.after <= 1_000_000_000_000_000),
                    _ => {}
                }
            }
            let reading = $crate_name::Reading::new(Request {
                attempt: String::new(),
                instruction: String::new(),
                model: None,
                effort: None,
                role: Role::Implement,
                access: Access::Edit,
                session: None,
                prior_usage: None,
                budget: None,
                timeout: 600_000,
                folders: Folders { worktree: "/w".into(), scratch: "/s".into(), state: "/t".into() },
                present: Vec::new(),
                settings: Vec::new(),
                prompt_syntax: false,
            });
            let told = chunks.iter().flat_map(|chunk| reading.feed(chunk.to_vec()));
            let told: Vec<_> =
                told.inspect(|event| believable(event)).map(|event| format!("{event:?}")).collect();
            let exit = Exit { code: Some(1), signal: None, ending: Ending::Itself, stderr: String::new() };
            (told, format!("{:?}", reading.finish(exit)))
        }
    };
}

adapter!(claude, claude_adapter);
adapter!(codex, codex_adapter);
adapter!(gemini, gemini_adapter);
