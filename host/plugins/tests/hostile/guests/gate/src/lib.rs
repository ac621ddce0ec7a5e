//! A gate that is well behaved in everything that a guest does not do otherwise, and while the host only
//! looks at it.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

pub use alloc::format;
pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use exports::jackfield::plugin::gating::{GateKind, Measurement, Ruling};
pub use jackfield::plugin::evidence;

jackfield_sdk::runtime!();

wit_bindgen::generate!({
    path: "../../../../../../wit",
    world: "gate",
    pub_export_macro: true,
    export_macro_name: "export_gate",
});

/// The configuration of its sample case.
pub const SAMPLE: &str = r#"{"sample":true}"#;

/// What a guest may do otherwise.
pub trait Hostile {
    /// At every question.
    fn schema() -> String {
        r#"{"type":"object","examples":[{"sample":true}]}"#.into()
    }

    /// In service.
    fn evaluate() -> Ruling {
        ruling()
    }

    /// What it says of kinds and configurations that make no sense.
    fn nonsense() -> Result<Ruling, String> {
        Err("that is nothing".into())
    }

    /// What it says of its own example.
    fn sample() -> Result<Ruling, String> {
        Ok(ruling())
    }
}

/// One that nobody could object to. It needs to have looked, so that the import is there.
pub fn ruling() -> Ruling {
    core::hint::black_box(evidence::metric("files-changed"));
    Ruling { passed: true, message: "it is well".into(), measurements: Vec::new() }
}

/// One measurement of that value.
pub fn measured(value: f64) -> Ruling {
    let measurement = Measurement { name: "one".into(), value, unit: String::new() };
    Ruling { measurements: vec![measurement], ..ruling() }
}

/// Makes a component of a guest.
#[macro_export]
macro_rules! guest {
    ($guest:ident) => {
        use $crate::exports::jackfield::plugin::{about, gating};

        impl about::Guest for $guest {
            fn identify() -> about::Identity {
                about::Identity {
                    name: "hostile".into(),
                    version: "6.6.6".into(),
                    summary: "Means no good.".into(),
                }
            }
        }

        impl gating::Guest for $guest {
            fn kinds() -> $crate::Vec<gating::GateKind> {
                let schema = <$guest as $crate::Hostile>::schema();
                $crate::vec![gating::GateKind { name: "hostile".into(), summary: "Looks.".into(), schema }]
            }

            fn evaluate(kind: $crate::String, config: $crate::String) -> Result<gating::Ruling, $crate::String> {
                if kind != "hostile" || !config.ends_with('}') {
                    return <$guest as $crate::Hostile>::nonsense();
                }
                if config == $crate::SAMPLE {
                    return <$guest as $crate::Hostile>::sample();
                }
                Ok(<$guest as $crate::Hostile>::evaluate())
            }
        }

        $crate::export_gate!($guest with_types_in $crate);
    };
}
