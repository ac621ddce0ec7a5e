//! The words of the contract as plain data that can be anything. The host's own come from the same WIT, by way
//! of its engine.
#![allow(missing_docs)]

mod executor {
    wit_bindgen::generate!({
        path: "../wit",
        world: "executor",
        additional_derives: [arbitrary::Arbitrary],
    });

    impl<'a> arbitrary::Arbitrary<'a> for exports::jackfield::plugin::driving::Capabilities {
        fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
            Ok(Self::from_bits_truncate(bytes.arbitrary()?))
        }
    }
}

mod chooser {
    wit_bindgen::generate!({
        path: "../wit",
        world: "chooser",
        additional_derives: [arbitrary::Arbitrary],
    });
}

mod compressor {
    wit_bindgen::generate!({
        path: "../wit",
        world: "compressor",
        additional_derives: [arbitrary::Arbitrary],
    });
}

mod judge {
    wit_bindgen::generate!({
        path: "../wit",
        world: "judge",
        additional_derives: [arbitrary::Arbitrary, PartialEq, Eq],
    });
}

mod gate {
    wit_bindgen::generate!({
        path: "../wit",
        world: "gate",
        additional_derives: [arbitrary::Arbitrary],
    });
}

pub use chooser::exports::jackfield::plugin::choosing;
pub use compressor::exports::jackfield::plugin::compressing;
pub use executor::exports::jackfield::plugin::driving;
pub use executor::jackfield::plugin::types;
pub use gate::exports::jackfield::plugin::gating;
pub use judge::exports::jackfield::plugin::judging;
