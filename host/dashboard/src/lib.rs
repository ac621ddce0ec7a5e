//! The built dashboard (`dashboard/dist`) as bytes, so that the program is one file and needs no Node to be built.

/// A file of the dashboard.
#[derive(Debug)]
pub struct Asset {
    /// Its path below the root of the host: `/assets/index-C0FFEE.js`.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// An entity tag of its content, with the quotes.
    pub tag: &'static str,
    /// Its content, compressed with gzip.
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The path of the page that shows every address of the dashboard.
pub const PAGE: &str = "/index.html";

/// Returns the file with this path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    let found = ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    ASSETS.get(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_found_and_an_unknown_file_is_not() {
        assert_eq!(asset(PAGE).unwrap().media_type, "text/html; charset=utf-8");
        assert!(asset("/assets/none.js").is_none());
        assert!(ASSETS.iter().any(|asset| asset.path.starts_with("/assets/")));
    }
}
