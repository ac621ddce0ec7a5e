//! Parameters of statements.

use super::{ToValue, ValueRef};

/// Parameters of a statement, by position: `[]`, `[one]`, `[one, two]` of one type, [`params!`](crate::params) of
/// several types, or [`params_from_iter`].
pub trait Params {
    /// Calls `take` with each parameter, in their order.
    fn for_each<'a>(&'a self, take: impl FnMut(&'a dyn ToValue));

    /// The values of the parameters.
    fn values(&self) -> Vec<ValueRef<'_>> {
        let mut values = Vec::new();
        self.for_each(|param| values.push(param.to_value()));
        values
    }
}

/// Parameters of several types: `params![id, 5, Some("text")]`.
#[macro_export]
macro_rules! params {
    () => { &[] as &[&dyn $crate::ToValue] };
    ($($param:expr),+ $(,)?) => { &[$(&$param as &dyn $crate::ToValue),+] as &[&dyn $crate::ToValue] };
}

impl Params for &[&dyn ToValue] {
    fn for_each<'a>(&'a self, take: impl FnMut(&'a dyn ToValue)) {
        self.iter().copied().for_each(take);
    }

    fn values(&self) -> Vec<ValueRef<'_>> {
        self.iter().map(|param| param.to_value()).collect()
    }
}

/// One type only, so that an empty list needs no annotation.
impl Params for [&(dyn ToValue + Send + Sync); 0] {
    fn for_each<'a>(&'a self, _: impl FnMut(&'a dyn ToValue)) {}
}

macro_rules! lists {
    ($($length:literal)*) => {
        $(
            impl<T: ToValue> Params for [T; $length] {
                fn for_each<'a>(&'a self, mut take: impl FnMut(&'a dyn ToValue)) {
                    self.iter().for_each(|param| take(param));
                }
            }
        )*
    };
}

lists!(1 2 3 4);

/// Parameters whose number is known only at run time.
#[derive(Debug, Clone)]
pub struct ParamsFromIter<T>(Vec<T>);

/// Takes parameters from an iterator.
pub fn params_from_iter<T: ToValue>(values: impl IntoIterator<Item = T>) -> ParamsFromIter<T> {
    ParamsFromIter(values.into_iter().collect())
}

impl<T: ToValue> Params for ParamsFromIter<T> {
    fn for_each<'a>(&'a self, mut take: impl FnMut(&'a dyn ToValue)) {
        self.0.iter().for_each(|param| take(param));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn parameters_of_every_form_keep_their_order() {
        fn of(params: impl Params) -> String {
            params.values().iter().map(|value| format!("{value} ")).collect()
        }
        assert_eq!(of([]), "");
        assert_eq!(of(["a"]), "a ");
        assert_eq!(of(["a".to_owned(), "b".to_owned()]), "a b ");
        assert_eq!(
            of(params!["a", 5, None::<i64>, true, [1_u8, 2], Some(&"b".to_owned())]),
            "a 5 NULL 1 2 bytes b "
        );
        assert_eq!(of(params_from_iter(vec![Value::from(7), Value::from("c".to_owned())])), "7 c ");
    }
}
