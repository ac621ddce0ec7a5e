//! What a component is made of, as its own bytes tell: by which tools, from which languages, against which
//! version of the WIT.

use crate::component_parser;
use crate::report::{Makeup, Producer};
use std::collections::BTreeSet;
use wasmparser::{BinaryReader, Parser, Payload, ProducersSectionReader};

/// The section in which tools sign.
const SECTION: &str = "producers";

/// Most signatures that are told; a file could hold any number.
const SIGNATURES: usize = 64;

/// Reads as far as the bytes can be read.
pub(crate) fn of(bytes: &[u8]) -> Makeup {
    let (mut modules, mut wit) = (0, None);
    let (mut languages, mut producers) = (BTreeSet::new(), BTreeSet::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::ModuleSection { .. }) => modules += 1,
            Ok(Payload::ComponentExportSection(exports)) => {
                let names = exports.into_iter().filter_map(Result::ok);
                wit = wit.or_else(|| {
                    names.into_iter().find_map(|export| component_parser::wit_of(export.name.name))
                });
            }
            Ok(Payload::CustomSection(section)) if section.name() == SECTION => {
                sign(section.data(), &mut languages, &mut producers);
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Makeup {
        size: bytes.len() as u64,
        modules,
        wit,
        languages: languages.into_iter().take(SIGNATURES).collect(),
        producers: producers.into_iter().take(SIGNATURES).collect(),
    }
}

fn sign(data: &[u8], languages: &mut BTreeSet<String>, producers: &mut BTreeSet<Producer>) {
    let Ok(section) = ProducersSectionReader::new(BinaryReader::new(data, 0)) else { return };
    for field in section.into_iter().map_while(Result::ok) {
        for value in field.values.into_iter().map_while(Result::ok) {
            if field.name == "language" {
                languages.insert(value.name.to_owned());
            } else {
                producers.insert(Producer { name: value.name.to_owned(), version: value.version.to_owned() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component of nothing but signatures.
    fn signed(fields: &[(&str, &[(&str, &str)])]) -> Vec<u8> {
        fn text(into: &mut Vec<u8>, text: &str) {
            into.push(u8::try_from(text.len()).unwrap());
            into.extend(text.as_bytes());
        }
        let mut section = Vec::new();
        text(&mut section, SECTION);
        section.push(u8::try_from(fields.len()).unwrap());
        for (name, values) in fields {
            text(&mut section, name);
            section.push(u8::try_from(values.len()).unwrap());
            for (name, version) in *values {
                text(&mut section, name);
                text(&mut section, version);
            }
        }
        let mut bytes = b"\0asm\x0d\0\x01\0\0".to_vec();
        bytes.push(u8::try_from(section.len()).unwrap());
        bytes.extend(section);
        bytes
    }

    #[test]
    fn tools_and_languages_are_read_from_their_signatures() {
        let bytes = signed(&[("language", &[("Rust", "2024")]), ("processed-by", &[("rustc", "1.95.0")])]);
        let makeup = of(&bytes);
        assert_eq!(makeup.languages, ["Rust"]);
        assert_eq!(makeup.producers, [Producer { name: "rustc".to_owned(), version: "1.95.0".to_owned() }]);
        assert_eq!((makeup.size, makeup.modules, makeup.wit), (bytes.len() as u64, 0, None));
    }

    #[test]
    fn a_file_that_is_cut_off_tells_what_it_can() {
        let mut bytes = signed(&[("language", &[("C11", "")])]);
        bytes.extend(b"\x00\x50cut");
        assert_eq!(of(&bytes).languages, ["C11"]);
        assert_eq!(of(b"no component").languages, Vec::<String>::new());
    }
}
