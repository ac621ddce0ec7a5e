//! Amounts of money as people write them in a configuration.

use jackfield_types::Micros;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Dollars as written by a person: `20`, `0.5` or `"0.50"`. Never negative.
struct Dollars(Micros);

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected dollars, like 20, 0.5 or \"0.50\"")]
        enum Written {
            Whole(i64),
            Decimal(f64),
            Text(String),
        }
        let text = match Written::deserialize(from)? {
            Written::Whole(dollars) => dollars.to_string(),
            Written::Decimal(dollars) => format!("{dollars}"),
            Written::Text(text) => text,
        };
        text.parse().map(Dollars).map_err(serde::de::Error::custom)
    }
}

pub(super) fn dollars<'de, D: Deserializer<'de>>(from: D) -> Result<Micros, D::Error> {
    Dollars::deserialize(from).map(|amount| amount.0)
}

pub(super) fn some_dollars<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Micros>, D::Error> {
    Option::<Dollars>::deserialize(from).map(|amount| amount.map(|amount| amount.0))
}

pub(super) fn dollars_by_name<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Micros>, D::Error> {
    let amounts = BTreeMap::<String, Dollars>::deserialize(from)?;
    Ok(amounts.into_iter().map(|(name, amount)| (name, amount.0)).collect())
}
