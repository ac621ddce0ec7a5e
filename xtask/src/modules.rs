//! The modules of a crate, and the resolution of paths inside it.

use crate::command_words::CommandWords;
use crate::failure::{Failure, Outcome};
use crate::ground::Ground;
use crate::source::{Source, is_name};
use crate::{circles, command_words, widths};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Longest chain of re-exports to follow.
const DEEPEST: usize = 8;

/// A crate, without its test-only files.
#[derive(Debug)]
pub(crate) struct Crate {
    /// Its folder, for a crate below `host/` without that.
    pub(crate) name: String,
    pub(crate) modules: Vec<Module>,
    /// The file of every module, including inline modules.
    files: BTreeMap<Path, String>,
    imports: Vec<Import>,
}

/// A file that is a module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) path: Path,
    /// Relative to the folder `src`.
    pub(crate) file: String,
    pub(crate) source: Source,
    /// The paths in the file, except its imports.
    references: Vec<Reference>,
    /// The names in the file, except its imports.
    names: BTreeSet<String>,
}

/// A path from the crate root, or relative to its position.
type Path = Vec<String>;

#[derive(Debug)]
struct Reference {
    within: Path,
    path: Path,
}

/// One name that a `use` imports; `*` for a glob.
#[derive(Debug)]
struct Import {
    within: Path,
    path: Path,
    name: String,
    public: bool,
}

/// Checks that no type of a crate is too wide, that its files have no circles, and that texts below the command line name
/// no command.
pub(crate) fn check(ground: &Ground) -> Outcome {
    let host = crates(ground, |folder| folder.strip_prefix("host/").filter(|name| !name.contains('/')))?;
    let guests = crates(ground, |folder| is_guest(folder).then_some(folder))?;
    let mut faults = widths::faults(&host);
    faults.extend(circles::faults(&host));
    faults.extend(command_words::faults(&host, &guests, &CommandWords::read(ground)?));
    if faults.is_empty() {
        let files: usize = host.iter().map(|one| one.modules.len()).sum();
        println!("{files} files of crates, no wide type, no circle, no command below the command line");
        return Ok(());
    }
    Err(Failure::new(faults.join("\n"), "mend each where it says"))
}

/// Whether the crate in this folder is one of those that components are made of: their texts reach every interface.
fn is_guest(folder: &str) -> bool {
    folder == "sdk" || folder.starts_with("plugins/") || folder.starts_with("examples/")
}

/// Every crate whose folder has a name.
fn crates(ground: &Ground, name: impl Fn(&str) -> Option<&str>) -> Outcome<Vec<Crate>> {
    let mut texts: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for file in ground.files()? {
        let named = file.split_once("/src/").and_then(|(folder, below)| Some((name(folder)?, below)));
        let Some((name, below)) = named else { continue };
        // A file that git tracks but that does not exist is a change in progress.
        let Ok(text) = fs::read_to_string(ground.root.join(&file)) else { continue };
        if below.ends_with(".rs") {
            texts.entry(name.to_owned()).or_default().insert(below.to_owned(), text);
        }
    }
    let read = |(name, texts): (String, BTreeMap<String, String>)| {
        let root = ["lib.rs", "main.rs"].into_iter().find(|root| texts.contains_key(*root));
        let root =
            root.ok_or_else(|| Failure::new(format!("the crate {name} has no root"), "see its src/lib.rs"))?;
        Ok(Crate::read(&name, root, &texts))
    };
    texts.into_iter().map(read).collect()
}

impl Crate {
    fn read(name: &str, root: &str, texts: &BTreeMap<String, String>) -> Self {
        let mut own = Self {
            name: name.to_owned(),
            modules: Vec::new(),
            files: BTreeMap::from([(Path::new(), root.to_owned())]),
            imports: Vec::new(),
        };
        let mut open = vec![(Path::new(), root.to_owned())];
        while let Some((path, file)) = open.pop() {
            let Some(text) = texts.get(&file) else { continue };
            let mut reader = Reader::new(Source::read(text), path.clone(), &file);
            reader.read();
            for (child, candidates) in reader.children {
                let found = candidates.into_iter().find(|candidate| texts.contains_key(candidate));
                if let Some(found) = found {
                    own.files.insert(child.clone(), found.clone());
                    open.push((child, found));
                }
            }
            own.files.extend(reader.inline.into_iter().map(|inline| (inline, file.clone())));
            own.imports.extend(reader.imports);
            let (source, references, names) = (reader.source, reader.references, reader.names);
            own.modules.push(Module { path, file, source, references, names });
        }
        own.modules.sort_by(|one, other| one.file.cmp(&other.file));
        own
    }

    /// The dependencies between files: each file with the files whose items it uses.
    pub(crate) fn edges(&self) -> BTreeSet<(&str, &str)> {
        let mut edges = BTreeSet::new();
        for module in &self.modules {
            let file = module.file.as_str();
            for reference in &module.references {
                edges.extend(self.leads(&reference.within, &reference.path, 0).map(|to| (file, to)));
            }
        }
        for import in &self.imports {
            let Some(file) = self.files.get(&import.within) else { continue };
            let used = self.modules.iter().any(|one| one.file == *file && one.names.contains(&import.name));
            if used || !import.public {
                edges.extend(self.leads(&import.within, &import.path, 0).map(|to| (file.as_str(), to)));
            }
        }
        edges.retain(|(from, to)| from != to);
        edges
    }

    /// The file that defines the item of a path, if it is in the crate.
    pub(crate) fn leads(&self, within: &[String], path: &[String], depth: usize) -> Option<&str> {
        let (first, mut rest) = path.split_first()?;
        let mut at = within.to_vec();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop()?;
            }
            _ if depth > DEEPEST => return None,
            name => {
                at.push(name.to_owned());
                if !self.files.contains_key(&at) {
                    return self.imported(within, name, rest, depth);
                }
            }
        }
        while let Some((next, behind)) = rest.split_first() {
            if next == "super" {
                at.pop()?;
            } else {
                at.push(next.clone());
                if !self.files.contains_key(&at) {
                    at.pop();
                    let named = self.named(&at, next).is_some() && depth <= DEEPEST;
                    if named {
                        return self.imported(&at, next, behind, depth);
                    }
                    break;
                }
            }
            rest = behind;
        }
        self.files.get(&at).map(String::as_str)
    }

    fn named(&self, within: &[String], name: &str) -> Option<&Import> {
        self.imports.iter().find(|import| import.within == within && import.name == name)
    }

    fn imported(&self, within: &[String], name: &str, rest: &[String], depth: usize) -> Option<&str> {
        let import =
            self.named(within, name).filter(|import| import.path.first().is_some_and(|one| one != name))?;
        let path: Path = import.path.iter().chain(rest).cloned().collect();
        self.leads(within, &path, depth + 1)
    }

    /// The file that defines the type of this name in a file.
    pub(crate) fn home(&self, module: &Module, name: &str) -> String {
        let imported = || self.leads(&module.path, &[name.to_owned()], 0).map(str::to_owned);
        if module.defines(name) {
            module.file.clone()
        } else {
            imported().unwrap_or_else(|| self.first_home(name))
        }
    }

    /// The first file that defines a type of this name.
    fn first_home(&self, name: &str) -> String {
        let first = self.modules.iter().find(|module| module.defines(name));
        first.map_or_else(String::new, |module| module.file.clone())
    }

    /// The number of files that define a type of this name.
    pub(crate) fn homes(&self, name: &str) -> usize {
        self.modules.iter().filter(|module| module.defines(name)).count()
    }
}

impl Module {
    fn defines(&self, name: &str) -> bool {
        self.source.words.windows(2).any(|pair| match pair {
            [kind, named] => matches!(kind.as_str(), "struct" | "enum" | "union") && named == name,
            _ => false,
        })
    }
}

/// Reads the tokens of one file.
struct Reader {
    source: Source,
    file: Path,
    folder: String,
    within: Path,
    /// The end of each open inline module.
    ends: Vec<usize>,
    children: Vec<(Path, Vec<String>)>,
    inline: Vec<Path>,
    imports: Vec<Import>,
    references: Vec<Reference>,
    names: BTreeSet<String>,
}

impl Reader {
    fn new(source: Source, path: Path, file: &str) -> Self {
        let folder = file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        Self {
            source,
            file: file.split('/').map(str::to_owned).collect(),
            folder,
            within: path,
            ends: Vec::new(),
            children: Vec::new(),
            inline: Vec::new(),
            imports: Vec::new(),
            references: Vec::new(),
            names: BTreeSet::new(),
        }
    }

    fn read(&mut self) {
        let mut place = 0;
        while place < self.source.words.len() {
            while self.ends.last().is_some_and(|end| *end <= place) {
                self.ends.pop();
                self.within.pop();
            }
            place = match self.source.at(place) {
                "mod" if is_name(self.source.at(place + 1)) => self.module(place),
                "use" => self.import(place),
                word if is_name(word) => self.reference(place),
                _ => place + 1,
            };
        }
    }

    fn module(&mut self, place: usize) -> usize {
        let name = self.source.at(place + 1).to_owned();
        let mut path = self.within.clone();
        path.push(name.clone());
        if self.source.at(place + 2) == "{" {
            self.ends.push(self.source.behind(place + 2));
            self.inline.push(path.clone());
            self.within = path;
            return place + 3;
        }
        let candidates = self.named_file(place).map_or_else(|| self.candidates(&name), |file| vec![file]);
        self.children.push((path, candidates));
        place + 3
    }

    /// The file that `#[path = "…"]` before a declaration names.
    fn named_file(&self, mut place: usize) -> Option<String> {
        while place > 0 && !matches!(self.source.at(place), ";" | "}") {
            if self.source.at(place) == "path" && self.source.at(place + 1) == "=" {
                let name = self.source.at(place + 2).trim_matches('"');
                return Some(format!("{}{name}", self.folder));
            }
            place -= 1;
        }
        None
    }

    fn candidates(&self, name: &str) -> Vec<String> {
        let stem = match self.file.last().map(String::as_str) {
            Some("lib.rs" | "main.rs" | "mod.rs") | None => String::new(),
            Some(file) => format!("{}/", file.trim_end_matches(".rs")),
        };
        let inline: String =
            self.within.iter().rev().take(self.ends.len()).rev().map(|one| format!("{one}/")).collect();
        let place = format!("{}{stem}{inline}{name}", self.folder);
        vec![format!("{place}.rs"), format!("{place}/mod.rs")]
    }

    fn import(&mut self, place: usize) -> usize {
        let public = self.public(place);
        let mut end = place + 1;
        while !matches!(self.source.at(end), ";" | "") {
            end = if self.source.at(end) == "{" { self.source.behind(end) } else { end + 1 };
        }
        // `impl Trait + use<'a>` is not an import.
        if self.source.at(place + 1) != "<" {
            self.tree(place + 1, end, &[], public);
        }
        end
    }

    /// Whether `pub`, with or without a restriction in brackets, precedes this position.
    fn public(&self, place: usize) -> bool {
        let mut before = place.wrapping_sub(1);
        if self.source.at(before) == ")" {
            while !matches!(self.source.at(before), "(" | "") {
                before = before.wrapping_sub(1);
            }
            before = before.wrapping_sub(1);
        }
        self.source.at(before) == "pub"
    }

    fn tree(&mut self, mut place: usize, end: usize, before: &[String], public: bool) {
        let mut path = before.to_vec();
        let mut name = None;
        while place < end {
            match self.source.at(place) {
                "{" => {
                    let close = self.source.behind(place);
                    self.tree(place + 1, close.saturating_sub(1), &path, public);
                    path.clear();
                    place = close;
                    continue;
                }
                "," => {
                    self.bring(std::mem::replace(&mut path, before.to_vec()), name.take(), public);
                }
                "as" => {
                    name = Some(self.source.at(place + 1).to_owned());
                    place += 1;
                }
                "::" => {}
                word => path.push(word.to_owned()),
            }
            place += 1;
        }
        self.bring(path, name, public);
    }

    fn bring(&mut self, mut path: Path, name: Option<String>, public: bool) {
        let all = path.last().is_some_and(|last| last == "*");
        if all || (path.len() > 1 && path.last().is_some_and(|last| last == "self")) {
            path.pop();
        }
        let Some(last) = path.last().cloned() else { return };
        let name = if all { "*".to_owned() } else { name.unwrap_or(last) };
        self.imports.push(Import { within: self.within.clone(), path, name, public });
    }

    fn reference(&mut self, place: usize) -> usize {
        let first = self.source.at(place).to_owned();
        self.names.insert(first.clone());
        if self.source.colons(place.wrapping_sub(1)) || !self.source.colons(place + 1) {
            return place + 1;
        }
        let mut path = vec![first];
        let mut next = place + 1;
        while self.source.colons(next) && is_name(self.source.at(next + 1)) {
            path.push(self.source.at(next + 1).to_owned());
            next += 2;
        }
        self.names.extend(path.iter().cloned());
        self.references.push(Reference { within: self.within.clone(), path });
        next
    }
}

/// Builds a crate of these files, for tests.
#[cfg(test)]
pub(crate) fn of(files: &[(&str, &str)]) -> Crate {
    let texts = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    Crate::read("a", "lib.rs", &texts)
}
