//! Looks for files to read and a place to write.

use hostile_libstd::*;

struct Guest;

impl Hostile for Guest {
    fn act() -> String {
        let read = ["/", ".", "/etc/passwd", "/proc/self/environ"]
            .map(|path| std::fs::read(path).is_ok() || std::fs::read_dir(path).is_ok());
        let written = ["/tmp/x", "x"].map(|path| std::fs::write(path, "x").is_ok());
        format!("read {} wrote {}", read.contains(&true), written.contains(&true))
    }
}

guest!(Guest);
