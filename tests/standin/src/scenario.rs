//! What the stand-in is to do with a request, as a type and as a word in a prompt.
//!
//! The word is `NAME` or `NAME:ARG`, without spaces; in a command or an argument `+` is a space and `%XX`
//! a byte, as in a URL's query. [`Scenario`]'s `Display` writes the word that parses back to it.

use std::{fmt, str::FromStr, time::Duration};

/// One way that a model can behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scenario {
    /// `hello`: a plain answer, [`crate::HELLO_TEXT`].
    Hello,
    /// `write`: makes [`crate::WRITTEN_FILE`] with the program's own tool, then says so.
    Write,
    /// `edit`: makes the file, then changes it with the program's own edit tool, then says so.
    Edit,
    /// `shell[:COMMAND]`: runs the command (`echo hi` unless told) in the program's shell, then repeats what
    /// it printed.
    Shell(String),
    /// `mcp[:TOOL[?NAME=VALUE&...]]`: calls the MCP tool whose name ends in `TOOL` (else the first on offer),
    /// then repeats what it said. Required arguments that are not given are made to fit its schema.
    Mcp {
        /// The tool's own name, without the program's prefix.
        tool: Option<String>,
        /// Arguments to pass; a value that is JSON and not a string is passed as that.
        arguments: Vec<(String, String)>,
    },
    /// `long[:LINES]`: a text of so many lines (2000 unless told), one piece a line.
    Long(usize),
    /// `refusal`: the model or its safety filter declines.
    Refusal,
    /// `maxtokens`: the answer ends at the output limit.
    MaxTokens,
    /// `cut[:N]`: the connection drops in the middle of the answer.
    Cut(Times),
    /// `slow[:SECONDS]`: the head comes at once, the answer after so long (20 s unless told).
    Slow(Duration),
    /// `stall[:SECONDS]`: part of the answer comes, then nothing for so long (600 s unless told).
    Stall(Duration),
    /// `hang[:SECONDS]`: not even a response head for so long (600 s unless told).
    Hang(Duration),
    /// `auth`, `forbidden`, `ratelimit[:N]`, `overloaded[:N]`, `error500[:N]`, `context`, `nomodel`,
    /// `credit`: the API refuses the request with a status of its own.
    Fault(Fault, Times),
}

/// How an API refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The key is wrong: 401; Gemini 400 with `API_KEY_INVALID`.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429 with `retry-after`.
    RateLimited,
    /// 529; OpenAI and Gemini 503.
    Overloaded,
    /// 500.
    Internal,
    /// The input is longer than the model reads: 400.
    ContextFull,
    /// 404.
    UnknownModel,
    /// No credit or quota left: 400; OpenAI and Gemini 429.
    OutOfCredit,
}

/// For how many requests with the same prompt a failure lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// For every one.
    Always,
    /// For the first so many; later ones are answered as [`Scenario::Hello`].
    First(u32),
}

/// No scenario is written like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stand-in has no scenario `{0}`")]
pub struct UnknownScenario(pub String);

const SLOW: u64 = 20;
const SILENCE: u64 = 600;

impl Scenario {
    /// A failure that does not pass.
    pub fn always(fault: Fault) -> Self {
        Self::Fault(fault, Times::Always)
    }

    /// A failure that passes after so many requests.
    pub fn first(times: u32, fault: Fault) -> Self {
        Self::Fault(fault, Times::First(times))
    }

    /// Runs this in the program's shell.
    pub fn shell(command: &str) -> Self {
        Self::Shell(command.to_owned())
    }

    /// How long the failure lasts, when this is one that can pass.
    pub(crate) fn times(&self) -> Times {
        match self {
            Self::Cut(times) | Self::Fault(_, times) => *times,
            _ => Times::Always,
        }
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(word: &str) -> Result<Self, UnknownScenario> {
        let unknown = || UnknownScenario(word.to_owned());
        let (name, argument) = word.split_once(':').unwrap_or((word, ""));
        let number = |otherwise: u64| match argument {
            "" => Ok(otherwise),
            some => some.parse().map_err(|_| unknown()),
        };
        let seconds = |otherwise| number(otherwise).map(Duration::from_secs);
        let times = || match argument {
            "" => Ok(Times::Always),
            some => some.parse().map(Times::First).map_err(|_| unknown()),
        };
        if let Some((_, fault)) = FAULTS.iter().find(|(known, _)| *known == name) {
            return times().map(|times| Self::Fault(*fault, times));
        }
        match name {
            "hello" => Ok(Self::Hello),
            "write" => Ok(Self::Write),
            "edit" => Ok(Self::Edit),
            "shell" if argument.is_empty() => Ok(Self::shell("echo hi")),
            "shell" => Ok(Self::Shell(unescape(argument))),
            "mcp" => Ok(mcp(argument)),
            "long" => number(2000).map(|lines| Self::Long(usize::try_from(lines).unwrap_or(usize::MAX))),
            "refusal" => Ok(Self::Refusal),
            "maxtokens" => Ok(Self::MaxTokens),
            "cut" => times().map(Self::Cut),
            "slow" => seconds(SLOW).map(Self::Slow),
            "stall" => seconds(SILENCE).map(Self::Stall),
            "hang" => seconds(SILENCE).map(Self::Hang),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasting = |f: &mut fmt::Formatter<'_>, name: &str, times: &Times| match times {
            Times::Always => f.write_str(name),
            Times::First(count) => write!(f, "{name}:{count}"),
        };
        match self {
            Self::Hello => f.write_str("hello"),
            Self::Write => f.write_str("write"),
            Self::Edit => f.write_str("edit"),
            Self::Shell(command) => write!(f, "shell:{}", escape(command)),
            Self::Mcp { tool, arguments } => {
                f.write_str("mcp")?;
                if let Some(tool) = tool {
                    write!(f, ":{}", escape(tool))?;
                }
                for (at, (name, value)) in arguments.iter().enumerate() {
                    let lead = if at == 0 { if tool.is_some() { "?" } else { ":?" } } else { "&" };
                    write!(f, "{lead}{}={}", escape(name), escape(value))?;
                }
                Ok(())
            }
            Self::Long(lines) => write!(f, "long:{lines}"),
            Self::Refusal => f.write_str("refusal"),
            Self::MaxTokens => f.write_str("maxtokens"),
            Self::Cut(times) => lasting(f, "cut", times),
            Self::Slow(time) => write!(f, "slow:{}", time.as_secs()),
            Self::Stall(time) => write!(f, "stall:{}", time.as_secs()),
            Self::Hang(time) => write!(f, "hang:{}", time.as_secs()),
            Self::Fault(fault, times) => {
                let name = FAULTS.iter().find(|(_, known)| known == fault).map_or("fault", |(name, _)| name);
                lasting(f, name, times)
            }
        }
    }
}

const FAULTS: [(&str, Fault); 8] = [
    ("auth", Fault::Unauthorized),
    ("forbidden", Fault::Forbidden),
    ("ratelimit", Fault::RateLimited),
    ("overloaded", Fault::Overloaded),
    ("error500", Fault::Internal),
    ("context", Fault::ContextFull),
    ("nomodel", Fault::UnknownModel),
    ("credit", Fault::OutOfCredit),
];

fn mcp(argument: &str) -> Scenario {
    let (tool, query) = argument.split_once('?').unwrap_or((argument, ""));
    let arguments = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect();
    Scenario::Mcp { tool: (!tool.is_empty()).then(|| unescape(tool)), arguments }
}

fn unescape(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let mut parts = spaced.split('%');
    let mut bytes = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        match part.split_at_checked(2).map(|(hex, rest)| (u8::from_str_radix(hex, 16), rest)) {
            Some((Ok(byte), rest)) => {
                bytes.push(byte);
                bytes.extend(rest.as_bytes());
            }
            _ => {
                bytes.push(b'%');
                bytes.extend(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"-_./".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_written_as_the_word_that_it_is_read_from() {
        for written in [
            "hello",
            "write",
            "edit",
            "shell:touch+a%3Bls",
            "mcp",
            "mcp:execute",
            "mcp:execute?instruction=say+hi%20&depth=2",
            "long:12",
            "refusal",
            "maxtokens",
            "cut",
            "cut:1",
            "slow:3",
            "stall:4",
            "hang:5",
            "auth",
            "forbidden",
            "ratelimit:2",
            "overloaded",
            "error500:7",
            "context",
            "nomodel",
            "credit",
        ] {
            let scenario: Scenario = written.parse().unwrap();
            assert_eq!(scenario.to_string().parse::<Scenario>(), Ok(scenario), "{written}");
        }
        assert_eq!("shell:touch+a%3Bls".parse(), Ok(Scenario::shell("touch a;ls")));
    }

    #[test]
    fn a_misspelt_scenario_is_an_error_and_not_a_hello() {
        assert_eq!("helo".parse::<Scenario>(), Err(UnknownScenario("helo".into())));
        assert_eq!("cut:often".parse::<Scenario>(), Err(UnknownScenario("cut:often".into())));
    }
}
