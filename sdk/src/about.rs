//! Who a component is: the interface that every kind exports. It is generated once, because a crate may
//! hold the part of every kind, and the parts are put together when a component is made.

#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package jackfield:sdk-about;
            world about-part {
                export jackfield:plugin/about@1.1.0;
            }",
        world: "jackfield:sdk-about/about-part",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "jackfield_sdk::about::bindings",
    });
}

/// Makes the crate's `Cargo.toml` say who the component is.
#[doc(hidden)]
#[macro_export]
macro_rules! about {
    ($component:ident) => {
        impl $crate::about::bindings::exports::jackfield::plugin::about::Guest for $component {
            fn identify() -> $crate::about::bindings::exports::jackfield::plugin::about::Identity {
                $crate::about::bindings::exports::jackfield::plugin::about::Identity {
                    name: env!("CARGO_PKG_NAME").into(),
                    version: env!("CARGO_PKG_VERSION").into(),
                    summary: env!("CARGO_PKG_DESCRIPTION").into(),
                }
            }
        }

        $crate::about::bindings::export!($component with_types_in $crate::about::bindings);
    };
}
