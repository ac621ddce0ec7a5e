//! What was dropped is compiled apart from the host, and what came with it is not.

use crate::common::{NAME, OTHER_NAME, chooser, rewritten, setup, well_behaved};
use jackfield_plugins::{Apart, Change, Compiled, NotCompiled, State};
use jackfield_types::PluginKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A compiler that every file sends astray.
#[derive(Default)]
struct Astray(AtomicU32);

impl Apart for Astray {
    fn compile(&self, _: &[u8], _: Compiled, _: &Path) -> Result<(), NotCompiled> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(NotCompiled::Exhausted("compiling it needed more than 3072 MiB of memory".to_owned()))
    }
}

#[tokio::test]
async fn a_file_that_exhausts_the_compiler_is_rejected_and_what_came_with_the_host_serves_on() {
    let astray = Arc::new(Astray::default());
    let mut setup = setup();
    setup.embedded = vec![well_behaved(chooser())];
    setup.apart = Some(astray.clone());
    let mut host = setup.open().await;
    assert_eq!(astray.0.load(Ordering::SeqCst), 0, "what came with the host is compiled by the host");
    host.drop_in("bomb.wasm", &rewritten(&well_behaved(chooser()), NAME, OTHER_NAME));
    host.plugins.rescan().await.unwrap();
    let rejected = host.event(Change::Rejected).await;
    assert!(rejected.why.contains("compiling: ") && rejected.why.contains("3072 MiB"), "{}", rejected.why);
    assert_eq!(astray.0.load(Ordering::SeqCst), 1, "bytes that exhausted one compiler are given to no other");
    let note = std::fs::read_to_string(host.path("bomb.wasm.rejected.txt")).unwrap();
    assert!(note.contains("needed more than"), "{note}");
    let serving = host.plugins.inspect(Some(PluginKind::Chooser), NAME).unwrap();
    assert_eq!(serving.status.state, State::Serving);
    host.choose("feature").await.unwrap();
}
