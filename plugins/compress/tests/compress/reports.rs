//! Reports: a trivial one, ordinary ones, and any number of hostile ones, the same in every run.

use jackfield_compress::facts::{
    ChangeKind, ChangedFile, Check, DeliveredAxis, Failure, FailureClass, Link, ProcessAxis, Report, State,
    Usage, VerifiedAxis,
};

pub(crate) const RUN: &str = "01K9XQ3T5V7W8Y9Z0A1B2C3D4E";

/// One file, one attempt, nothing checked.
pub(crate) fn trivial() -> Report {
    Report {
        task: "01K9XQ3T5V7W8Y9Z0A1B2C3D4F".to_owned(),
        run: RUN.to_owned(),
        instruction: "Add a greeting function to src/greeting.rs".to_owned(),
        workspace: "demo".to_owned(),
        state: State::Succeeded,
        process: ProcessAxis::Exited,
        delivered: DeliveredAxis::Diff,
        verified: VerifiedAxis::NotRun,
        executor: "claude".to_owned(),
        model: Some("claude-sonnet-4-5".to_owned()),
        reason: "claude/sonnet (workhorse), because it is feature work of complexity 4".to_owned(),
        attempts: 1,
        answer: "I added `greet` to src/greeting.rs, with a doc comment.".to_owned(),
        failure: None,
        files: vec![file("src/greeting.rs", ChangeKind::Added, 12, 0)],
        steps: vec!["wrote src/greeting.rs".to_owned()],
        checks: Vec::new(),
        warnings: Vec::new(),
        usage: Usage {
            input: 1_234,
            cached_input: 20_480,
            cache_write: 512,
            output: 567,
            reasoning: 0,
            cost: Some(48_213),
            estimated: false,
        },
        cost: Some(48_213),
        wall: 42_700,
        branch: Some("jackfield/01k9xq3t".to_owned()),
        links: vec![link("log", format!("run://{RUN}/log")), link("diff", format!("run://{RUN}/diff"))],
    }
}

/// Six files, three checks of which one failed, two warnings, a long answer.
pub(crate) fn ordinary() -> Report {
    let paths =
        ["src/routes/users.rs", "src/routes/mod.rs", "src/models/user.rs", "tests/users.rs", "README.md"];
    let mut files: Vec<_> = paths.iter().map(|path| file(path, ChangeKind::Modified, 48, 17)).collect();
    files.push(file("migrations/0007_add_last_seen.sql", ChangeKind::Added, 9, 0));
    let check = |name: &str, passed, summary: &str| Check {
        name: name.to_owned(),
        passed,
        summary: summary.to_owned(),
    };
    Report {
        state: State::Failed,
        verified: VerifiedAxis::Failed,
        attempts: 2,
        failure: Some(Failure {
            class: FailureClass::TestFail,
            message: "the work was delivered and its checks failed".to_owned(),
            remedy: Some("read the failing test in the log, then retry the run or take it over".to_owned()),
            retry_after: None,
            status: None,
        }),
        files,
        checks: vec![
            check("cargo fmt --check", true, "clean"),
            check("cargo test", false, "41 passed, 1 failed: users::last_seen_is_updated_on_login"),
            check("cargo clippy", true, "no warnings"),
        ],
        warnings: vec!["the branch is 3 commits behind main".to_owned(), "not allowed: WebFetch".to_owned()],
        answer: "The user model now records when someone was last seen, and the route returns it. "
            .repeat(40),
        ..trivial()
    }
}

fn file(path: &str, kind: ChangeKind, added: u32, removed: u32) -> ChangedFile {
    ChangedFile { path: path.to_owned(), kind, added, removed }
}

fn link(label: &str, target: String) -> Link {
    Link { label: label.to_owned(), target }
}

/// What has broken Mermaid, terminals and readers before, or might.
const NASTY: &[&str] = &[
    "\"",
    "\"\"]",
    "`",
    "\"`",
    "```",
    "[",
    "]",
    "\"]-->x[\"",
    "{",
    "}",
    "(",
    ")",
    "([",
    "[[",
    "{{",
    "((",
    "|",
    "<",
    ">",
    "<br>",
    "<script>alert(1)</script>",
    "</div>",
    "end",
    "\nend\n",
    "end;",
    "subgraph",
    "graph TD",
    "flowchart",
    "click a href \"javascript:alert(1)\"",
    "click a call x()",
    "style a fill:#f9f;",
    "classDef x fill:#fff;",
    "linkStyle 0 stroke:#ff3;",
    "class a b;",
    "direction RL",
    "accTitle: x",
    "accDescr { x }",
    "#",
    "#quot;",
    "#35;",
    "#9829;",
    ";",
    "%%",
    "%%{init: {'theme':'dark'}}%%",
    "\n%%{init: {\"securityLevel\":\"loose\"}}%%\n",
    "%%%",
    "---",
    "\n---\ntitle: x\n---\n",
    "-->",
    "==>",
    "-.->",
    "~~~",
    "--x",
    "--o",
    "o--o",
    "@{ shape: rounded }",
    ":::",
    "&",
    "&amp;",
    "&lt;b&gt;",
    "&#34;",
    "\\",
    "\\n",
    "\\\"",
    "$",
    "$$",
    "$$x^2$$",
    "¶ß",
    "ﬂ°°34¶ß",
    "ﬂ°quot¶ß",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\r",
    "\n",
    "\r\n",
    "\n\n\n",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{1b}[31m",
    "\u{1b}]8;;http://x\u{7}",
    "\u{1b}[",
    "\u{200b}",
    "\u{202e}",
    "\u{2066}",
    "\u{feff}",
    "\u{2028}",
    "\u{2029}",
    "\u{fffd}",
    "\u{e0041}",
    "\u{10ffff}",
    "🦀",
    "👩‍👩‍👧‍👦",
    "🇩🇪",
    "e\u{301}\u{301}\u{301}",
    "日本語",
    "שלום",
    "مرحبا",
    "﷽",
    "- item",
    "1. item",
    "1) item",
    "* x",
    "# heading",
    "> quote",
    "+ x",
    "fa:fa-ban",
    "http://x?a=b&c=d",
    "<!-- -->",
    "{{x}}",
    "${x}",
    "%s",
    "null",
    "undefined",
    "__proto__",
    "constructor",
    "toString",
    "default",
    " ",
    "",
    "run://00000000000000000000000000/log",
    "claude succeeded, checks passed",
];

/// A small generator of even numbers, so that every run sees the same reports.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn any<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }

    fn text(&mut self) -> String {
        let long = self.roll(40) == 0;
        let parts = if long { 3_000 } else { self.roll(7) };
        (0..parts)
            .map(|_| match self.roll(6) {
                0 => char::from_u32(u32::try_from(self.roll(0x11_0000)).unwrap()).unwrap_or(' ').to_string(),
                1 => char::from(u8::try_from(self.roll(128)).unwrap()).to_string(),
                _ => self.any(NASTY).to_owned(),
            })
            .collect()
    }

    fn texts(&mut self) -> Vec<String> {
        let count = if self.roll(30) == 0 { 500 } else { self.roll(4) };
        (0..count).map(|_| self.text()).collect()
    }

    fn number(&mut self) -> u64 {
        let shift = self.roll(64);
        (self.0 | 1 << 63) >> shift
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(2) == 0).then(|| make(self))
    }
}

/// A report in which every text and number is chosen to do harm.
pub(crate) fn hostile(dice: &mut Dice) -> Report {
    use {
        ChangeKind as C, DeliveredAxis as D, FailureClass as F, ProcessAxis as P, State as S,
        VerifiedAxis as V,
    };
    let kinds = [C::Added, C::Modified, C::Deleted, C::Renamed];
    let classes = [F::TestFail, F::WrongFile, F::Unknown, F::RateLimited, F::ContextOverflow, F::Cancelled];
    let megabytes = dice.roll(100) == 0;
    Report {
        task: dice.text(),
        run: dice.text(),
        instruction: dice.text(),
        workspace: dice.text(),
        state: dice.any(&[S::Queued, S::Running, S::Succeeded, S::Failed, S::Cancelled]),
        process: dice.any(&[P::Exited, P::Failed, P::TimedOut, P::Killed, P::Lost]),
        delivered: dice.any(&[D::Nothing, D::Diff, D::Artifact]),
        verified: dice.any(&[V::NotRun, V::Passed, V::Failed]),
        executor: dice.text(),
        model: dice.maybe(Dice::text),
        reason: dice.text(),
        attempts: u32::try_from(dice.number() >> 32).unwrap(),
        answer: if megabytes { dice.any(NASTY).repeat(10 << 18) } else { dice.text() },
        failure: dice.maybe(|dice| Failure {
            class: dice.any(&classes),
            message: dice.text(),
            remedy: dice.maybe(Dice::text),
            retry_after: dice.maybe(Dice::number),
            status: Some(500),
        }),
        files: dice
            .texts()
            .iter()
            .map(|path| file(path, dice.any(&kinds), u32::MAX, dice.number() as u32))
            .collect(),
        steps: dice.texts(),
        checks: dice
            .texts()
            .into_iter()
            .map(|name| Check { name, passed: dice.roll(2) == 0, summary: dice.text() })
            .collect(),
        warnings: dice.texts(),
        usage: Usage {
            input: dice.number(),
            cached_input: dice.number(),
            cache_write: dice.number(),
            output: dice.number(),
            reasoning: dice.number(),
            cost: dice.maybe(Dice::number),
            estimated: dice.roll(2) == 0,
        },
        cost: dice.maybe(Dice::number),
        wall: dice.number(),
        branch: dice.maybe(Dice::text),
        links: dice
            .texts()
            .into_iter()
            .map(|target| Link { label: dice.any(&["log", "diff", "\"]"]).to_owned(), target })
            .collect(),
    }
}
