//! Components that mean no good. Each misbehaves in one way, has its named answer, and harms nothing but its
//! own call. One that lies in the folder and is not in this table fails the tests.

mod files;
mod meet;

use jackfield_plugins::State::{CheckingWorld, Compiling, Linking, Parsing, Rejected as Untaken, SelfCheck};
use meet::Answer::{Fails, Harmless, Held, Rejected};
use meet::Call::{Choose, Compare, Compress, Evaluate, Next, Plan, Rate, Read};
use meet::{Answer, host, meet};
use std::collections::BTreeSet;

const CPU: &str = "plugin_cpu_deadline";
const WALL: &str = "plugin_wall_deadline";
const MEMORY: &str = "plugin_memory_limit";
const ARGUMENT: &str = "plugin_argument_limit";
const OUTPUT: &str = "plugin_output_limit";
const TRAP: &str = "plugin_trapped";
const ASKS: &str = "plugin_host_calls";
const LIE: &str = "plugin_broke_contract";

/// One test for each guest, and all of them as a table.
macro_rules! hostile {
    ($($kind:ident { $($name:ident: $answer:expr,)+ })+) => {
        $(mod $kind {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    meet(&host().await, stringify!($kind), stringify!($name), $answer).await;
                }
            )+
        })+

        fn table() -> Vec<(&'static str, &'static str, Answer)> {
            vec![$($((stringify!($kind), stringify!($name), $answer)),+),+]
        }
    };
}

hostile! {
    chooser {
        endless_loop: Fails(Choose, CPU, "ran past its CPU budget of 100ms in `choosing.choose`"),
        loop_in_identify: Rejected(SelfCheck, "`about.identify` it ran past its CPU budget"),
        loop_before_main: Rejected(SelfCheck, "ran past its CPU budget"),
        memory_bomb: Fails(Choose, MEMORY, "bytes of memory where 25165824 are allowed"),
        stack_overflow: Fails(Choose, TRAP, "call stack exhausted"),
        panics: Fails(Choose, TRAP, "candidate 2 is beneath me"),
        aborts: Fails(Choose, TRAP, "unreachable"),
        log_storm: Fails(Choose, CPU, "ran past its CPU budget"),
        log_flood: Harmless(Choose, "it is there"),
        endless_line: Fails(Choose, ARGUMENT, "gave the host more than the 1048576 bytes allowed"),
        huge_answer: Fails(Choose, OUTPUT, "answered more than the 1048576 bytes allowed"),
        wordy_reason: Fails(Choose, LIE, "a reason is empty or longer than 4096 bytes"),
        stranger: Fails(Choose, LIE, "candidate 10, where there are 3"),
        twice: Fails(Choose, LIE, "candidate 2 is chosen twice"),
        crowd: Fails(Choose, LIE, "candidate 2 is chosen twice"),
        speechless: Fails(Choose, LIE, "without its reason"),
        lonely_consensus: Fails(Next, LIE, "a consensus needs two or more"),
        stranger_next: Fails(Next, LIE, "candidate 4294967295, where there are 3"),
        bad_name: Rejected(SelfCheck, "is not 1 to 64 of a-z, 0-9 and '-'"),
        bad_version: Rejected(SelfCheck, "is not a semantic version"),
        endless_summary: Rejected(SelfCheck, "the summary is not one sentence"),
    }
    compressor {
        twin_levels: Rejected(SelfCheck, "the level 'same' is there twice"),
        no_levels: Rejected(SelfCheck, "it offers 0 levels"),
        crowd_of_levels: Rejected(SelfCheck, "it offers 100 levels"),
        longer_than_the_report: Fails(Compress, OUTPUT, "answered more than"),
        last_words_flood: Fails(Compress, TRAP, "ouch ouch"),
    }
    executor {
        other_program: Fails(Plan, LIE, "it runs \"sh\", which is not among the programs"),
        program_by_path: Fails(Plan, LIE, "it runs \"./hostile-program\", which is not among"),
        nothing_to_run: Fails(Plan, LIE, "no program to run"),
        zero_byte: Fails(Plan, LIE, "an argument holds a zero byte"),
        climbs_out: Fails(Plan, LIE, "is not a relative path without '.' and '..'"),
        absolute_file: Fails(Plan, LIE, "the file \"/etc/passwd\" is not a relative path"),
        backward_slashes: Fails(Plan, LIE, "is not a relative path"),
        preloads: Fails(Plan, LIE, "it sets LD_PRELOAD, which no component may"),
        moves_the_path: Fails(Plan, LIE, "it sets PATH, which no component may"),
        preloads_a_granted_value: Fails(Plan, LIE, "it sets LD_PRELOAD, which no component may"),
        sets_the_locale_path: Fails(Plan, LIE, "it sets GCONV_PATH, which no component may"),
        sends_the_key_elsewhere: Fails(Plan, LIE, "it sets ANTHROPIC_BASE_URL, which it may not: describe it"),
        file_name_with_escapes: Fails(Plan, LIE, "has a control character in its name"),
        undeclared_shell: Fails(Plan, LIE, "it has the instruction run as a command, which it did not declare"),
        steals_a_secret: Fails(Plan, LIE, "passes AWS_SECRET_ACCESS_KEY, which it did not describe"),
        steals_by_another_name: Fails(Plan, LIE, "passes AWS_SECRET_ACCESS_KEY, which it did not describe"),
        crowd_of_files: Fails(Plan, LIE, "10000 files are more than 1000"),
        never_lets_go: Fails(Plan, LIE, "ms; the maximum is 3600000"),
        asks_for_more: Held("executor.hostile = { programs = [\"ssh\"] }"),
        program_is_a_path: Rejected(SelfCheck, "\"/bin/sh\" is not a plain name"),
        variable_is_a_script: Rejected(SelfCheck, "is not the name of an environment variable"),
        priceless: Rejected(SelfCheck, "the price of 'model' is 18446744073709551615"),
        unknown_default: Rejected(SelfCheck, "the default model is not among its models"),
        panics_while_reading: Fails(Read, TRAP, "this is no JSON"),
        slows_down: Fails(Read, CPU, "CPU budget of 100ms in `driving.reading.feed`"),
        hoards: Fails(Read, MEMORY, "bytes of memory where"),
        event_flood: Fails(Read, OUTPUT, "answered more than"),
        nested_input: Fails(Read, LIE, "a tool's input has 200000 bytes"),
        absurd_usage: Fails(Read, LIE, "the number of input tokens is 18446744073709551615"),
        absurd_cost: Fails(Read, LIE, "the cost is 18446744073709551615"),
        absurd_rest: Fails(Read, LIE, "the limit 'weekly' ends"),
        crowd_of_denials: Fails(Read, LIE, "10000 denied tools are more than 1000"),
    }
    gate {
        looks_outside: Harmless(Evaluate, "message: \"saw []\""),
        asks_without_end: Fails(Evaluate, ASKS, "more than the 500 answers of 4194304 bytes"),
        reads_without_end: Fails(Evaluate, ASKS, "more than the 500 answers of 4194304 bytes"),
        not_a_number: Fails(Evaluate, LIE, "the measurement 'one' is not a number"),
        infinite: Fails(Evaluate, LIE, "the measurement 'one' is not a number"),
        measures_everything: Fails(Evaluate, LIE, "10000 measurements are more than 100"),
        without_a_word: Fails(Evaluate, LIE, "ruling's message is empty"),
        takes_anything: Rejected(SelfCheck, "it takes a config that is no JSON"),
        refuses_itself: Rejected(SelfCheck, "it refuses its own example"),
        nested_schema: Rejected(SelfCheck, "the schema of 'hostile' is not a JSON object"),
        no_schema: Rejected(SelfCheck, "the schema of 'hostile' is not a JSON object"),
    }
    judge {
        names_a_stranger: Fails(Compare, LIE, "its winner is result 2, where there are 2"),
        without_a_reason: Fails(Compare, LIE, "without its reason"),
        without_an_end: Fails(Compare, LIE, "a reason is empty or longer than 4096 bytes"),
        empty_point: Fails(Compare, LIE, "a point of agreement is empty"),
        hair_splitter: Fails(Compare, LIE, "2000 differences are more than 1000"),
        nameless_difference: Fails(Compare, LIE, "a difference's subject is empty"),
        disagrees_with_itself: Rejected(SelfCheck, "two equal results are not in full agreement"),
        boastful: Fails(Rate, LIE, "the score of 'dimension' is 1001, past 1000"),
        rates_the_unnamed: Rejected(SelfCheck, "it rates on 'charm', which is not among its dimensions"),
        rates_nothing: Fails(Rate, LIE, "it rates on 0 dimensions"),
        twin_dimensions: Rejected(SelfCheck, "the dimension 'same' is there twice"),
    }
    libstd {
        sleeps: Fails(Choose, WALL, "did not answer within 3s"),
        exits: Fails(Choose, TRAP, "it exited with code 0"),
        opens_files: Harmless(Choose, "read false wrote false"),
        opens_sockets: Harmless(Choose, "connected false heard false named false"),
        looks_around: Harmless(Choose, "environment 0 arguments 0 now 1800000000123 passed 0 random "),
        stderr_flood: Fails(Choose, CPU, "ran past its CPU budget"),
    }
    raw {
        invalid_utf8: Fails(Choose, LIE, "utf-8"),
        unknown_effort: Fails(Choose, LIE, "discriminant"),
        unknown_step: Fails(Next, LIE, "discriminant"),
        wild_pointer: Fails(Choose, LIE, "out of bounds"),
        endless_list: Fails(Choose, LIE, "out of bounds"),
        beyond_memory: Fails(Choose, LIE, "out of bounds"),
        misaligned: Fails(Choose, LIE, "align"),
        table_bomb: Fails(Choose, MEMORY, "bytes of memory where 25165824 are allowed"),
        two_memories: Fails(Choose, MEMORY, "bytes of memory where 25165824 are allowed"),
        big_at_birth: Rejected(SelfCheck, "asked for 67108864 bytes of memory where 25165824 are allowed"),
        big_table_at_birth: Rejected(SelfCheck, "bytes of memory where 25165824 are allowed"),
        loop_at_start: Rejected(SelfCheck, "ran past its CPU budget"),
        trap_at_start: Rejected(SelfCheck, "it trapped (wasm trap: wasm `unreachable` instruction executed)"),
        lying_realloc: Rejected(SelfCheck, "realloc return"),
        loop_in_realloc: Rejected(SelfCheck, "ran past its CPU budget"),
        null_call: Fails(Choose, TRAP, "uninitialized element"),
        fill_without_end: Fails(Choose, CPU, "ran past its CPU budget"),
    }
    whole {
        unknown_import: Rejected(Linking, "it imports acme:db/rows, which this host grants to no component"),
        wants_http: Rejected(Linking, "it imports wasi:http/outgoing-handler@0.2.6"),
        wants_evidence: Rejected(Linking, "it imports jackfield:plugin/evidence@1.0.0"),
        wants_later_wasi: Rejected(Linking, "it imports wasi:cli/environment@0.3.0"),
        next_major: Rejected(CheckingWorld, "built against jackfield:plugin@2.0.0"),
        without_a_version: Rejected(CheckingWorld, "built against jackfield:plugin@no version"),
        two_worlds: Rejected(CheckingWorld, "it exports several worlds (chooser, judge)"),
        no_world: Rejected(CheckingWorld, "it exports no world of jackfield:plugin@1."),
        nameless: Rejected(CheckingWorld, "it does not export jackfield:plugin/about"),
        hollow: Rejected(Compiling, "it does not compile or link"),
        other_types: Rejected(Compiling, "it does not compile or link"),
    }
    made {
        empty_file: Rejected(Parsing, "it is not a whole WebAssembly component"),
        no_webassembly: Rejected(Parsing, "it does not begin as WebAssembly does"),
        core_module: Rejected(Parsing, "it is a core WebAssembly module and not a component"),
        cut_in_half: Rejected(Parsing, "it is not a whole WebAssembly component"),
        garbled: Rejected(Parsing, "it is not a whole WebAssembly component"),
        appended_to: Rejected(Parsing, "it is not a whole WebAssembly component"),
        too_large_a_file: Rejected(Untaken, "it has 268435457 bytes, where 268435456 are allowed"),
        crowd_of_locals: Rejected(Compiling, "too many locals"),
        crowd_of_functions: Harmless(Choose, "it is there"),
        crowd_of_segments: Rejected(Compiling, "data segments"),
        huge_function: Rejected(Compiling, "function body"),
        nest: Rejected(Parsing, "it nests components within components"),
        crowd_of_instances: Rejected(Compiling, "instances"),
    }
}

#[test]
fn every_guest_in_the_folder_is_run() {
    let table = table();
    let run: BTreeSet<_> =
        table.iter().map(|(kind, name, _)| ((*kind).to_owned(), (*name).to_owned())).collect();
    assert_eq!(run.len(), table.len(), "no guest is run twice");
    let there: BTreeSet<_> = files::listed().into_iter().collect();
    let not_run: Vec<_> = there.difference(&run).collect();
    assert!(not_run.is_empty(), "these guests are in the folder, and no test runs them: {not_run:?}");
    let gone: Vec<_> = run.difference(&there).filter(|(kind, _)| kind != "made").collect();
    assert!(gone.is_empty(), "these guests are not in the folder: {gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_host_lives_through_all_of_them() {
    let host = host().await;
    for (kind, name, answer) in table() {
        meet(&host, kind, name, answer).await;
    }
    let left: Vec<_> = host.plugins.list().into_iter().filter(|one| one.file.is_some()).collect();
    assert!(left.is_empty(), "{left:?}");
}
