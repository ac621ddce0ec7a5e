//! The `jackfield` program.

fn main() -> std::process::ExitCode {
    jackfield::doors::cli::main()
}
