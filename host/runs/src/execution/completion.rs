//! Whether a host did its work on a run to the end.

/// The end of work on a run or an attempt, as seen by the host that does it.
#[derive(Debug)]
#[must_use = "work that is handed over must not be settled here"]
pub(crate) enum Completion<T = ()> {
    /// This host did the work to its end.
    Done(T),
    /// This host stopped before the end. The next host on the data folder continues from the record, so nothing may be
    /// settled.
    HandedOver,
}

impl<T> Completion<T> {
    /// What several pieces of work came to. If one is handed over, all of them are.
    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Completion<Vec<T>> {
        let done = parts.into_iter().map(|part| match part {
            Self::Done(done) => Some(done),
            Self::HandedOver => None,
        });
        done.collect::<Option<_>>().map_or(Completion::HandedOver, Completion::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_with_one_part_handed_over_is_handed_over() {
        let done = Completion::all([Completion::Done(1), Completion::Done(2)]);
        assert!(matches!(done, Completion::Done(parts) if parts == [1, 2]));
        let over = Completion::all([Completion::Done(1), Completion::HandedOver]);
        assert!(matches!(over, Completion::HandedOver));
    }
}
