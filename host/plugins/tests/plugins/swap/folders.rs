//! Folders that are replaced, links that lead elsewhere, and odd things in them.

use super::*;

/// A host that watches its folder.
async fn watching() -> common::Host {
    let host = with_chooser().await;
    host.plugins.watch().unwrap();
    host
}

async fn serving_version(host: &mut common::Host) -> String {
    host.event(Change::Serving).await.version.unwrap()
}

#[tokio::test]
async fn a_folder_that_was_made_again_or_renamed_over_is_watched_as_the_first_was() {
    let mut host = watching().await;
    let folder = host.path("");
    host.drop_in("mine.wasm", &version(2));
    assert_eq!(serving_version(&mut host).await, "2.4.2");
    std::fs::remove_dir_all(&folder).unwrap();
    host.event(Change::Retired).await;
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION, "the shipped one is back");
    std::fs::create_dir(&folder).unwrap();
    host.drop_in("mine.wasm", &version(3));
    assert_eq!(serving_version(&mut host).await, "3.4.2");
    host.drop_in("mine.wasm", &version(4));
    assert_eq!(serving_version(&mut host).await, "4.4.2", "and the next one, too");

    let (next, old) = (host.folder.path().join("next"), host.folder.path().join("old"));
    std::fs::create_dir(&next).unwrap();
    std::fs::write(next.join("mine.wasm"), version(5)).unwrap();
    std::fs::rename(&folder, &old).unwrap();
    std::fs::rename(&next, &folder).unwrap();
    assert_eq!(serving_version(&mut host).await, "5.4.2");
}

#[tokio::test]
async fn a_folder_that_is_gone_for_a_moment_takes_nothing_with_it() {
    let mut host = watching().await;
    host.drop_in("mine.wasm", &version(2));
    assert_eq!(serving_version(&mut host).await, "2.4.2");
    let (folder, aside) = (host.path(""), host.folder.path().join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    std::fs::rename(&aside, &folder).unwrap();
    host.drop_in("more.wasm", &rewritten(&version(3), NAME, OTHER_NAME));
    assert_eq!(serving_version(&mut host).await, "3.4.2");
    assert!(host.no_event(Change::Retired), "it served all the time");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_elsewhere_is_noticed_whatever_is_behind_it() {
    use std::os::unix::fs::symlink;
    let mut host = watching().await;
    let (one, two) = (host.path("..2026_1"), host.path("..2026_2"));
    for (folder, number) in [(&one, 2), (&two, 3)] {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("mine.wasm"), version(number)).unwrap();
    }
    symlink("..2026_1", host.path("..data")).unwrap();
    symlink("..data/mine.wasm", host.path("mine.wasm")).unwrap();
    assert_eq!(serving_version(&mut host).await, "2.4.2");
    // As a mounted ConfigMap is changed: no name that ends in .wasm is touched.
    symlink("..2026_2", host.path("..data_tmp")).unwrap();
    std::fs::rename(host.path("..data_tmp"), host.path("..data")).unwrap();
    assert_eq!(serving_version(&mut host).await, "3.4.2");
    std::fs::remove_dir_all(&two).unwrap();
    host.event(Change::Retired).await;
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION);
    let status = host.plugins.list().into_iter().find(|one| one.state == State::Rejected).unwrap();
    assert_eq!(status.reason.as_deref(), Some("it is a link to something that is not there"));
}

#[cfg(unix)]
#[tokio::test]
async fn names_and_things_that_are_no_components_are_listed_with_a_reason_and_break_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let host = with_chooser().await;
    let odd = [&b"caf\xe9.wasm"[..], b"new\nline\x1b[31m.wasm", &[b'a'; 250]];
    for name in odd {
        let name = if name.ends_with(b".wasm") { name.to_vec() } else { [name, &b".wasm"[..]].concat() };
        std::fs::write(host.path("").join(OsStr::from_bytes(&name)), "no component").unwrap();
    }
    std::fs::create_dir(host.path("folder.wasm")).unwrap();
    std::fs::write(host.path("UP.WASM"), chooser()).unwrap();
    std::os::unix::fs::symlink("loop.wasm", host.path("loop.wasm")).unwrap();
    let pipe = host.path("pipe.wasm");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    std::fs::write(host.path("good.wasm"), version(2)).unwrap();
    // A signature that is no file is none, and is not waited for.
    let signature = host.path("good.wasm.sig");
    rustix::fs::mknodat(rustix::fs::CWD, &signature, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    host.plugins.rescan().await.unwrap();

    let list = host.plugins.list();
    let text = serde_json::to_string(&list).unwrap();
    assert!(text.contains(r"caf\\xE9.wasm") && text.contains(r"new\nline\u001b[31m.wasm"), "{text}");
    let shown: Vec<_> =
        list.iter().filter_map(|one| Some(jackfield_plugins::shown(one.file.as_ref()?))).collect();
    assert!(shown.iter().any(|name| name.ends_with(r"new\nline\u{1b}[31m.wasm")), "{shown:?}");
    let reason = |name: &str| {
        let one = list.iter().find(|one| one.file.as_deref() == Some(&host.path(name))).unwrap();
        assert_eq!(one.state, State::Rejected, "{one:?}");
        one.reason.clone().unwrap()
    };
    assert_eq!(reason("folder.wasm"), "it is a folder, not a file");
    assert_eq!(reason("pipe.wasm"), "it is a named pipe, not a file");
    assert_eq!(reason("loop.wasm"), "it is a link that leads back to itself");
    assert_eq!(reason("UP.WASM"), "its name must end in .wasm, in small letters");
    assert_eq!(list.iter().filter(|one| one.state == State::Rejected).count(), 7);
    assert_eq!(host.choose("well").await.unwrap().plugin.version, "2.4.2", "the good one is taken");
    let notes = std::fs::read_dir(host.path("")).unwrap();
    let notes = notes.filter(|note| note.as_ref().unwrap().path().extension() == Some(OsStr::new("txt")));
    assert_eq!(notes.count(), 7, "the longest name has a note, too");
    let check = host.plugins.check(&pipe).await.unwrap_err();
    assert!(check.to_string().contains("named pipe"), "{check}");

    std::fs::remove_dir(host.path("folder.wasm")).unwrap();
    std::fs::rename(host.path("UP.WASM"), host.path("up.wasm")).unwrap();
    host.plugins.rescan().await.unwrap();
    assert!(!host.path("folder.wasm.rejected.txt").exists());
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION, "the newest has its say");
}
