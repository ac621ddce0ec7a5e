//! An experiment with a version to come: `next/` is 1.2.0, with a function more that components export, one
//! more that they import, a case more that they answer and a case more that they are told.
//!
//! It shows what breaks and what does not, and that a host which keeps the bindings of every published version
//! (decision 0010) breaks nobody.

use std::path::Path;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Store};

mod old {
    wasmtime::component::bindgen!({ path: "../../wit/published/1.0.0", world: "chooser" });
}

mod new {
    wasmtime::component::bindgen!({ path: "tests/evolution/next", world: "chooser" });
}

use new::exports::jackfield::plugin::choosing as now;
use new::jackfield::plugin::types::Login;
use old::exports::jackfield::plugin::choosing as before;

/// What components import, and what they said.
#[derive(Default)]
struct Heard(Vec<String>);

impl new::jackfield::plugin::log::Host for Heard {
    fn log(&mut self, _: new::jackfield::plugin::log::Level, message: String) {
        self.0.push(message);
    }

    fn figure(&mut self, name: String, value: u64) {
        self.0.push(format!("{name}={value}"));
    }
}

impl new::jackfield::plugin::types::Host for Heard {}

fn engine() -> Engine {
    Engine::new(&Config::new()).unwrap()
}

/// Everything of the new version, and nothing of the old one.
fn linker(engine: &Engine) -> Linker<Heard> {
    let mut linker = Linker::new(engine);
    new::jackfield::plugin::log::add_to_linker::<_, HasSelf<Heard>>(&mut linker, |heard| heard).unwrap();
    new::jackfield::plugin::types::add_to_linker::<_, HasSelf<Heard>>(&mut linker, |heard| heard).unwrap();
    linker
}

fn old_component() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published/1.0.0/chooser.wasm")).unwrap()
}

/// A chooser of the new version, in which every answer is the new case.
fn new_component() -> Vec<u8> {
    let module = r#"(module
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 4096))
      (import "jackfield:plugin/log@1.2.0" "figure" (func $figure (param i32 i32 i64)))
      (data (i32.const 32) "\80\00\00\00\05\00\00\00\88\00\00\00\05\00\00\00\90\00\00\00\05\00\00\00")
      (data (i32.const 128) "newer\00\00\001.0.0\00\00\00Newer")
      (data (i32.const 240) "\05")
      (data (i32.const 248) "\10\27")
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3))))
      (func (export "jackfield:plugin/about@1.2.0#identify") (result i32) (i32.const 32))
      (func (export "jackfield:plugin/choosing@1.2.0#choose") (param i32) (result i32) (i32.const 256))
      (func (export "jackfield:plugin/choosing@1.2.0#next") (param i32) (result i32)
        (call $figure (i32.const 128) (i32.const 5) (i64.const 7))
        (i32.const 240))
      (func (export "jackfield:plugin/choosing@1.2.0#motto") (result i32) (i32.const 32)))"#;
    let module = module.replace("(memory (export", "(memory $m (export");
    // Imports come first in a module.
    let (import, rest) = {
        let line = module.lines().find(|line| line.contains("(import")).unwrap().to_owned();
        (line.clone(), module.replace(&line, "").replacen("(module", "", 1))
    };
    let mut module = wat::parse_str(format!("(module {import} {rest}")).unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evolution/next");
    let (package, _) = resolve.push_dir(&folder).unwrap();
    let world = resolve.select_world(&[package], Some("chooser")).unwrap();
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )
    .unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// A host of the new version that keeps the old bindings: one module for each version, and what the
/// older says in the words of the newer.
enum Chooser {
    Old(old::Chooser),
    New(new::Chooser),
}

impl Chooser {
    fn load(store: &mut Store<Heard>, bytes: &[u8]) -> Self {
        let engine = store.engine().clone();
        let component = Component::new(&engine, bytes).unwrap();
        let linker = linker(&engine);
        let exports = |version: &str| {
            component
                .component_type()
                .exports(&engine)
                .any(|(name, _)| name.ends_with(&format!("choosing@{version}")))
        };
        if exports("1.2.0") {
            Self::New(new::Chooser::instantiate(store, &component, &linker).unwrap())
        } else {
            Self::Old(old::Chooser::instantiate(store, &component, &linker).unwrap())
        }
    }

    /// Told in the new words; those that the old ones lack come as the nearest that they have.
    fn next(&self, store: &mut Store<Heard>, login: Login) -> now::Step {
        match self {
            Self::New(chooser) => {
                let (task, candidates, budget) = facts::new(login);
                let choosing = chooser.jackfield_plugin_choosing();
                choosing.call_next(store, 7, &task, &[], &candidates, budget).unwrap()
            }
            Self::Old(chooser) => {
                let (task, candidates, budget) = facts::old(match login {
                    Login::Unknown => old::jackfield::plugin::types::Login::Unknown,
                    Login::LoggedIn => old::jackfield::plugin::types::Login::LoggedIn,
                    Login::LoggedOut | Login::Expired => old::jackfield::plugin::types::Login::LoggedOut,
                });
                let choosing = chooser.jackfield_plugin_choosing();
                match choosing.call_next(store, 7, &task, &[], &candidates, budget).unwrap() {
                    before::Step::Done(why) => now::Step::Done(why),
                    before::Step::Human(why) => now::Step::Human(why),
                    before::Step::Stop(why) => now::Step::Stop(why),
                    other => panic!("the sample does not answer {other:?}"),
                }
            }
        }
    }

    /// Where the function is not there, what it would have said is known.
    fn motto(&self, store: &mut Store<Heard>) -> Option<String> {
        match self {
            Self::New(chooser) => Some(chooser.jackfield_plugin_choosing().call_motto(store).unwrap()),
            Self::Old(_) => None,
        }
    }
}

mod facts {
    use super::{before, new, now, old};

    macro_rules! facts {
        ($version:ident, $choosing:ident, $login:ty) => {
            pub fn $version(
                login: $login,
            ) -> ($choosing::Task, Vec<$choosing::Candidate>, $choosing::Budget) {
                use super::$version::jackfield::plugin::types;
                let task = $choosing::Task {
                    task_type: "well".to_owned(),
                    complexity: 3,
                    language: None,
                    stack: Vec::new(),
                    role: types::Role::Implement,
                    keywords: Vec::new(),
                    context_tokens: 0,
                    open_quality_issues: 0,
                    decisions_in_context: 0,
                    effort: None,
                };
                let candidate = $choosing::Candidate {
                    executor: "one".to_owned(),
                    model: None,
                    tier: types::Tier::Light,
                    rates: None,
                    free: true,
                    rung: None,
                    installed: true,
                    login,
                    busy: 0,
                    slots: 1,
                    cooling_until: None,
                    attempts: 0,
                    succeeded: 0,
                    verified: 0,
                    mean_cost: None,
                    mean_latency: None,
                    usage_share: 0,
                };
                let state = types::BreakerState::Closed;
                let budget = $choosing::Budget { state, day_left: None, month_left: None, run_left: None };
                (task, vec![candidate], budget)
            }
        };
    }

    facts!(old, before, old::jackfield::plugin::types::Login);
    facts!(new, now, new::jackfield::plugin::types::Login);
}

#[test]
fn a_function_or_a_case_breaks_old_components_where_a_host_has_only_the_newest_bindings() {
    let engine = engine();
    let mut store = Store::new(&engine, Heard::default());
    let component = Component::new(&engine, old_component()).unwrap();
    let Err(error) = new::Chooser::instantiate(&mut store, &component, &linker(&engine)) else {
        panic!("then the bindings of old versions need not be kept: see decision 0010")
    };
    let error = format!("{error:#}");
    assert!(error.contains("motto") || error.contains("type"), "{error}");
}

#[test]
fn one_linker_of_the_newest_version_answers_the_imports_of_every_older_one() {
    let engine = engine();
    let mut store = Store::new(&engine, Heard::default());
    let component = Component::new(&engine, old_component()).unwrap();
    let imports: Vec<_> =
        component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
    assert!(imports.contains(&"jackfield:plugin/log@1.0.0".to_owned()), "{imports:?}");
    linker(&engine).instantiate(&mut store, &component).unwrap();
}

#[test]
fn with_the_bindings_of_both_versions_a_function_and_a_case_more_break_nobody() {
    let mut store = Store::new(&engine(), Heard::default());
    let old = Chooser::load(&mut store, &old_component());
    assert_eq!(old.motto(&mut store), None);
    match old.next(&mut store, Login::Expired) {
        now::Step::Done(why) => assert_eq!(why, "1 candidates"),
        other => panic!("{other:?}"),
    }
    let mut store = Store::new(&engine(), Heard::default());
    let new = Chooser::load(&mut store, &new_component());
    assert!(new.motto(&mut store).is_some());
    match new.next(&mut store, Login::Expired) {
        now::Step::Wait(millis) => assert_eq!(millis, 10_000),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.data().0, ["newer=7"]);
}
