//! Days and months as the operator's time zone has them.

use super::Period;
use crate::StoreError;
use jackfield_types::Timestamp;
use jiff::tz::TimeZone;

/// The day and month that an amount counts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Today {
    /// `YYYY-MM-DD`.
    pub(crate) day: String,
    /// `YYYY-MM`.
    pub(crate) month: String,
}

impl Today {
    /// The name of the period that this day is in, as sums are kept by.
    pub(crate) fn key(&self, period: Period) -> String {
        match period {
            Period::Day => format!("day:{}", self.day),
            Period::Month => format!("month:{}", self.month),
            Period::Ever => "ever".to_owned(),
        }
    }
}

/// A time zone to count days in.
#[derive(Debug)]
pub(crate) struct Calendar(TimeZone);

impl Calendar {
    /// By IANA name.
    pub(crate) fn new(time_zone: &str) -> Result<Self, StoreError> {
        TimeZone::get(time_zone).map(Self).map_err(|_| StoreError::TimeZone(time_zone.to_owned()))
    }

    pub(crate) fn today(&self, now: Timestamp) -> Today {
        let date = now.to_zoned(self.0.clone()).date();
        Today { day: date.to_string(), month: format!("{:04}-{:02}", date.year(), date.month()) }
    }

    /// When the period that `now` is in ends; none: never.
    pub(crate) fn ends(&self, period: Period, now: Timestamp) -> Option<Timestamp> {
        let now = now.to_zoned(self.0.clone());
        let last = match period {
            Period::Day => now,
            Period::Month => now.last_of_month().ok()?,
            Period::Ever => return None,
        };
        Some(last.tomorrow().ok()?.start_of_day().ok()?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_the_operators_day() {
        let vienna = Calendar::new("Europe/Vienna").unwrap();
        let today = vienna.today(at("2026-11-30T23:30:00Z"));
        assert_eq!((today.day.as_str(), today.month.as_str()), ("2026-12-01", "2026-12"));
        let utc = Calendar::new("UTC").unwrap().today(at("2026-11-30T23:30:00Z"));
        assert_eq!((utc.day.as_str(), utc.month.as_str()), ("2026-11-30", "2026-11"));
    }

    #[test]
    fn a_day_ends_at_midnight_even_when_it_has_25_hours() {
        let vienna = Calendar::new("Europe/Vienna").unwrap();
        let clocks_go_back = at("2026-10-25T00:30:00Z");
        assert_eq!(vienna.ends(Period::Day, clocks_go_back), Some(at("2026-10-25T23:00:00Z")));
        assert_eq!(vienna.ends(Period::Month, clocks_go_back), Some(at("2026-10-31T23:00:00Z")));
        assert_eq!(vienna.ends(Period::Ever, clocks_go_back), None);
    }

    #[test]
    fn what_is_no_time_zone_is_refused_by_name() {
        let error = Calendar::new("Mars/Olympus").unwrap_err();
        assert_eq!(error.problem().code, "unknown_time_zone");
        assert!(error.to_string().contains("Mars/Olympus"));
    }
}
