//! A registry for artifacts on this machine, the real one: `docker-registry`.
#![allow(clippy::disallowed_methods, reason = "what a test starts is no agent")]

use crate::{steady_port, until_told};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Who may use a registry that asks for a login, and how its file of users has it.
pub const LOGIN: (&str, &str) = ("ground", "open sesame");
const USERS: &str = "ground:$2b$04$E6.r918I44MoB5FaT3SYZOPeiC3l.mZLRE4ZKH4vqSncObsFh9.LC\n";

/// One that runs, until it is dropped.
pub struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    /// Starts one that keeps its things below `folder`; `guarded` asks everybody for the [`LOGIN`]. None where there
    /// is no such program, which is said; in CI that is a failure.
    pub async fn start(folder: &Path, guarded: bool) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let address = format!("127.0.0.1:{}", steady_port());
        let users = folder.join("users");
        let auth = if guarded {
            std::fs::write(&users, USERS).unwrap();
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", users.display())
        } else {
            String::new()
        };
        let config = folder.join("config.yml");
        let kept = folder.join("kept");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n{auth}",
            kept.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = match command.spawn() {
            Ok(process) => process,
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "there is no docker-registry: {why}");
                eprintln!(
                    "SKIPPED, because there is no docker-registry here (Debian: docker-registry): {why}"
                );
                return None;
            }
        };
        let registry = Self { process, address };
        let url = format!("http://{}/v2/", registry.address);
        let client = jackfield_http::client().build().unwrap();
        until_told("the registry answering", async || client.get(&url).send().await.ok().map(drop)).await;
        Some(registry)
    }

    /// Where it is, as references begin.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
