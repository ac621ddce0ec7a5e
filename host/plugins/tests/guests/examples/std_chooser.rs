//! A chooser with the whole standard library, and so with all of WASI to import. It tells what it
//! can see of the machine.

#![allow(unsafe_code)]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::time::{SystemTime, UNIX_EPOCH};

wit_bindgen::generate!({ path: "../../../../wit", world: "chooser" });

use exports::jackfield::plugin::about;
use exports::jackfield::plugin::choosing::{self, Budget, Candidate, Choice, Past, Step, Task};
use jackfield::plugin::types::{Effort, Timestamp};

struct Guest;

impl about::Guest for Guest {
    fn identify() -> about::Identity {
        about::Identity {
            name: guests::text(guests::NAME),
            version: guests::text(guests::VERSION),
            summary: "Looks around.".to_string(),
        }
    }
}

impl choosing::Guest for Guest {
    fn choose(_: Timestamp, task: Task, _: Vec<Candidate>, _: Budget) -> Vec<Choice> {
        guests::behave(&task.task_type);
        if task.task_type != "look-around" {
            return Vec::new();
        }
        vec![Choice { candidate: 0, effort: Effort::Low, reason: look_around() }]
    }

    fn next(_: Timestamp, _: Task, _: Vec<Past>, _: Vec<Candidate>, _: Budget) -> Step {
        Step::Done("nothing to see".to_string())
    }
}

fn look_around() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|now| now.as_millis());
    let reached = match std::net::TcpStream::connect("127.0.0.1:1") {
        Ok(_) => true,
        // Refused by the other side: it was reached.
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
    };
    format!(
        "files {} network {reached} environment {} arguments {} now {} random {}",
        std::fs::read_dir("/").is_ok() || std::fs::write("x", "y").is_ok(),
        std::env::vars().count(),
        std::env::args().count(),
        now.unwrap_or_default(),
        RandomState::new().build_hasher().finish(),
    )
}

export!(Guest);
