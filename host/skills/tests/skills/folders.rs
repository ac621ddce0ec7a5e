//! Reading folders, and their bounds.

use crate::support::{AGENT_SKILL, assert_fault, faults, folder};
use jackfield_skills::{Files, SkillFile, digest, files, read, scan};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

#[test]
fn folder_is_read_with_all_its_files() {
    let (_root, folder) = folder(&[("SKILL.md", AGENT_SKILL), ("scripts/run.sh", "echo\n"), ("a.txt", "")]);
    fs::set_permissions(folder.join("a.txt"), fs::Permissions::from_mode(0o755)).unwrap();
    let skill = read(&folder).unwrap();
    let listed: Vec<(&str, u64)> = skill.files.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
    assert_eq!(listed, [("SKILL.md", AGENT_SKILL.len() as u64), ("a.txt", 0), ("scripts/run.sh", 5)]);
    assert_eq!(skill.digest, digest(&skill.files));
    let scripts: Vec<&str> = skill.findings.listed.iter().map(|one| one.file.as_str()).collect();
    assert_eq!(scripts, ["a.txt", "scripts/run.sh"]);
}

#[test]
fn digest_equals_the_example_of_the_discovery_draft() {
    let mut files = Files::new();
    files.add("scripts/run.sh", b"#!/bin/sh\n".to_vec(), true).unwrap();
    files.add("SKILL.md", b"# Hello\n".to_vec(), false).unwrap();
    let mut listed = files.listed();
    let digests: Vec<String> = listed.iter().map(|file| file.digest.to_string()).collect();
    assert_eq!(digests[0], "90f8ec5669cd34183b9b0fdf8b94f5efb4c3672876330f4aa76088c2b4ad17be");
    assert_eq!(digests[1], "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf");
    listed.reverse();
    let published = "sha256:34f7a8c484e9991f3e71a309f31332d6335efc01f544105c4185a7c4ab12eb1e";
    assert_eq!(digest(&listed), published.parse().unwrap());
}

#[test]
fn links_are_refused_and_not_followed() {
    let (root, folder) = folder(&[("SKILL.md", AGENT_SKILL)]);
    fs::write(root.path().join("secret"), "secret").unwrap();
    symlink(root.path().join("secret"), folder.join("a.txt")).unwrap();
    symlink("..", folder.join("up")).unwrap();
    symlink("SKILL.md", folder.join("b.txt")).unwrap();
    symlink("nowhere", folder.join("c.txt")).unwrap();
    let faults = faults(read(&folder));
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.contains("symbolic link")), "{faults:?}");
}

#[test]
fn link_as_skill_md_is_refused() {
    let (root, folder) = folder(&[]);
    fs::write(root.path().join("outside"), AGENT_SKILL).unwrap();
    symlink("../outside", folder.join("SKILL.md")).unwrap();
    assert_fault(read(&folder), "SKILL.md: symbolic link");
    assert_eq!(scan(root.path()).invalid[0].folder, "greet");
}

#[test]
fn special_file_is_refused_without_being_opened() {
    let (_root, folder) = folder(&[("SKILL.md", AGENT_SKILL)]);
    let _socket = UnixListener::bind(folder.join("socket")).unwrap();
    assert_fault(read(&folder), "socket: special file");
}

#[test]
fn large_file_is_refused() {
    let (_root, folder) = folder(&[("SKILL.md", AGENT_SKILL)]);
    let file = fs::File::create(folder.join("data.bin")).unwrap();
    file.set_len(10 * 1024 * 1024).unwrap();
    assert_fault(read(&folder), "data.bin: file too large: at most 1024 KiB");
    file.set_len(1024 * 1024).unwrap();
    assert!(read(&folder).is_ok());
}

#[test]
fn large_skill_md_is_refused() {
    let text = format!("{AGENT_SKILL}{}", "text\n".repeat(13_200));
    let (_root, folder) = folder(&[("SKILL.md", &text)]);
    assert_fault(read(&folder), "SKILL.md: file too large: at most 64 KiB");
}

#[test]
fn files_that_are_too_large_together_are_refused() {
    let mut files = Files::new();
    for at in 0..5 {
        files.add(&format!("{at}"), vec![0; 1024 * 1024], false).unwrap();
    }
    assert!(files.add("more", vec![0], false).unwrap_err().message.contains("at most 5 MiB"));
    assert_eq!((files.bytes(), files.listed().len()), (5 * 1024 * 1024, 5));
}

#[test]
fn too_many_files_are_refused() {
    let (_root, folder) = folder(&[("SKILL.md", AGENT_SKILL)]);
    for at in 1..200 {
        fs::write(folder.join(format!("{at}")), "").unwrap();
    }
    assert_eq!(read(&folder).unwrap().files.len(), 200);
    fs::write(folder.join("more"), "").unwrap();
    assert_fault(read(&folder), "too many files: at most 200");
    for at in 1..1200 {
        fs::create_dir(folder.join(format!("d{at}"))).unwrap();
    }
    assert_fault(read(&folder), "too many files and folders");
}

#[test]
fn deep_folders_are_refused() {
    let (_root, folder) = folder(&[("SKILL.md", AGENT_SKILL), ("1/2/3/4/5/6/7/file", "")]);
    assert!(read(&folder).is_ok());
    fs::create_dir_all(folder.join("1/2/3/4/5/6/7/8/9/10")).unwrap();
    assert_fault(read(&folder), "1/2/3/4/5/6/7/8: folder too deep");
}

#[test]
fn names_that_lead_elsewhere_or_cannot_be_shown_are_refused() {
    let mut files = Files::new();
    let long = "a".repeat(513);
    for bad in [
        "",
        "/etc/passwd",
        "..",
        "../a",
        "a/../b",
        "./a",
        "a//b",
        "a/",
        "a\\b",
        "c:a",
        "a\nb",
        "a\0b",
        &long,
        "1/2/3/4/5/6/7/8/9",
    ] {
        let fault = files.add(bad, Vec::new(), false).unwrap_err();
        assert!(fault.message.starts_with("unusable path"), "{bad:?}: {fault}");
        assert!(!fault.to_string().contains(['\n', '\0']), "{fault:?}");
    }
    files.add("a", Vec::new(), false).unwrap();
    assert!(files.add("a", Vec::new(), false).unwrap_err().message.starts_with("repeated path"));
}

#[test]
fn name_that_is_not_utf8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (_root, folder) = folder(&[("SKILL.md", AGENT_SKILL)]);
    fs::write(folder.join(OsStr::from_bytes(b"a\xff")), "").unwrap();
    fs::write(folder.join("b\nc"), "").unwrap();
    let faults = faults(read(&folder));
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn folder_with_another_name_than_an_id_or_none_at_all_is_refused() {
    let (root, folder) = folder(&[("SKILL.md", AGENT_SKILL)]);
    let other = root.path().join("Greet_It");
    fs::rename(&folder, &other).unwrap();
    assert_fault(read(&other), "unusable name of the folder: 'Greet_It'");
    assert_fault(read(&folder), "failed to read");
    assert_fault(files(&folder), "failed to read");
}

#[test]
fn scan_reads_each_subfolder_with_a_skill_md_in_order() {
    let root = tempfile::tempdir().unwrap();
    for name in ["zoo", "bar", "No", "foo"] {
        fs::create_dir(root.path().join(name)).unwrap();
        let text = AGENT_SKILL.replace("name: greet", &format!("name: {name}"));
        fs::write(root.path().join(name).join("SKILL.md"), text).unwrap();
    }
    fs::create_dir(root.path().join("empty")).unwrap();
    fs::write(root.path().join("README.md"), "text").unwrap();
    fs::write(root.path().join("foo/SKILL.md"), "text").unwrap();
    symlink("bar", root.path().join("link")).unwrap();
    let scan = scan(root.path());
    let skills: Vec<&str> = scan.skills.iter().map(|skill| skill.id.as_str()).collect();
    assert_eq!(skills, ["bar", "zoo"]);
    let invalid: Vec<(&str, usize)> =
        scan.invalid.iter().map(|one| (one.folder.as_str(), one.faults.len())).collect();
    assert_eq!(invalid, [("No", 1), ("foo", 1), ("link", 1)]);
}

#[test]
fn scan_of_a_missing_folder_is_empty_and_of_a_file_is_a_fault() {
    let root = tempfile::tempdir().unwrap();
    let missing = scan(&root.path().join("none"));
    assert!(missing.skills.is_empty() && missing.invalid.is_empty());
    fs::write(root.path().join("file"), "").unwrap();
    assert_eq!(scan(&root.path().join("file")).invalid[0].folder, ".");
}

#[test]
fn texts_leave_binary_files_out() {
    let mut files = Files::new();
    files.add("a", b"text".to_vec(), false).unwrap();
    files.add("b", vec![0xff], false).unwrap();
    files.add("c", vec![0], false).unwrap();
    assert_eq!(files.texts().into_keys().collect::<Vec<_>>(), ["a"]);
    let listed: Vec<SkillFile> = files.listed();
    assert_eq!(listed.len(), 3);
}
