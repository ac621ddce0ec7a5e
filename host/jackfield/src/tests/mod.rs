//! Services of the crates below, in a whole host.

mod choose;
mod cooldown;
mod order;
mod place;
mod retention;
mod shadow;

use crate::{Host, HostBuilder};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::Path;

/// A builder of a host in this folder. All tests share the code of components: to compile the shipped ones takes longer
/// than most tests. The code is kept by its digest and checked before it is used.
pub(crate) fn builder(data: impl AsRef<Path>) -> HostBuilder {
    let data = data.as_ref();
    let private = |folder: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
    let own = std::env::current_exe().unwrap();
    let shared = own.ancestors().nth(2).unwrap().join("jackfield-behaviour-compiled");
    private(&shared);
    private(&data.join("plugin-store"));
    let compiled = data.join("plugin-store/compiled");
    if !compiled.exists() {
        symlink(&shared, &compiled).unwrap();
    }
    Host::builder(data)
}
