//! Money: whole micro-dollars inside, decimal dollars at the edges.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

/// An amount in whole micro-dollars (1,000,000 to the dollar). Differences may be negative.
///
/// Stored as the whole number; at the edges, JSON included, shown and read as decimal dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Micros(pub i64);

/// What was given as an amount of dollars is not one.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not an amount in dollars: write it like 20, 0.5 or 12.345678")]
pub struct InvalidMoney(String);

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Most that one attempt is charged, held for, or allowed on top at once: a million dollars. With
    /// millions of such amounts the sums of the ledger still fit 64 bits.
    pub const MOST: Self = Self::dollars(1_000_000);

    /// From nothing to [`MOST`](Self::MOST): what is outside becomes the nearest of the two.
    #[must_use]
    pub fn bounded(self) -> Self {
        self.clamp(Self::ZERO, Self::MOST)
    }

    /// Whole dollars.
    pub const fn dollars(dollars: i64) -> Self {
        Self(dollars.saturating_mul(1_000_000))
    }

    /// From decimal dollars, to the nearest micro-dollar.
    pub fn from_usd(usd: f64) -> Self {
        Self((usd * 1e6).round() as i64)
    }

    /// As decimal dollars, for display and JSON at the edges.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// As an unsigned count, nothing where it is negative.
    pub fn unsigned(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }
}

impl From<u64> for Micros {
    fn from(micros: u64) -> Self {
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Micros {
    /// `$0.0056`, `$1.20`, `-$3.00`: at least cents, no more digits than needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 1_000_000;
        let digits = format!("{:06}", self.0.unsigned_abs() % 1_000_000);
        let (cents, rest) = digits.split_at(2);
        write!(f, "{sign}${whole}.{cents}{}", rest.trim_end_matches('0'))
    }
}

impl FromStr for Micros {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let bad = || InvalidMoney(text.to_owned());
        let number = text.trim().trim_start_matches('$');
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if fraction.len() > 6
            || !digits(whole)
            || !digits(fraction)
            || number.len() == number.matches('.').count()
        {
            return Err(bad());
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| bad())? };
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| bad())?;
        whole.checked_mul(1_000_000).and_then(|micros| micros.checked_add(fraction)).map(Self).ok_or_else(bad)
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.usd())
    }
}

impl<'de> Deserialize<'de> for Micros {
    /// Dollars as a number, or as text the way a person writes them.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(from)? {
            Written::Number(usd) if usd.is_finite() => Ok(Self::from_usd(usd)),
            Written::Number(usd) => Err(serde::de::Error::custom(InvalidMoney(usd.to_string()))),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for Micros {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Dollars".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Micros {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Micros {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_show_cents_and_no_needless_digits() {
        let shown = |micros| Micros(micros).to_string();
        assert_eq!(shown(5_592), "$0.005592");
        assert_eq!(shown(5_600), "$0.0056");
        assert_eq!(shown(1_200_000), "$1.20");
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(-3_000_000), "-$3.00");
    }

    #[test]
    fn json_has_dollars_and_loses_no_micro_dollar() {
        assert_eq!(serde_json::to_string(&Micros(5_592)).unwrap(), "0.005592");
        for micros in [0, 1, -1, 999_999, 5_592, 12_345_678_901_234] {
            let there = serde_json::to_string(&Micros(micros)).unwrap();
            assert_eq!(serde_json::from_str::<Micros>(&there).unwrap(), Micros(micros), "{there}");
        }
        assert_eq!(serde_json::from_str::<Micros>("20").unwrap(), Micros::dollars(20));
        assert_eq!(serde_json::from_str::<Micros>("\"0.5\"").unwrap(), Micros(500_000));
    }

    #[test]
    fn amounts_are_parsed_exactly_or_refused() {
        for (text, micros) in
            [("20", 20_000_000), ("$0.5", 500_000), ("12.345678", 12_345_678), (".1", 100_000)]
        {
            assert_eq!(text.parse::<Micros>().unwrap(), Micros(micros), "{text}");
        }
        for bad in ["", ".", "-1", "1e3", "1.2.3", "1.2345678", "ten", "99999999999999999999"] {
            assert!(bad.parse::<Micros>().is_err(), "{bad}");
        }
    }
}
