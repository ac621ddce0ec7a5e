//! Between the generated facts and the words of `jackfield-types`, so that the engine never spells
//! out the same enum twice.

use crate::facts::types as facts;
use jackfield_types as words;

macro_rules! same {
    ($($name:ident { $($variant:ident),+ $(,)? })+) => {$(
        impl From<facts::$name> for words::$name {
            fn from(value: facts::$name) -> Self {
                match value { $(facts::$name::$variant => Self::$variant),+ }
            }
        }

        impl From<words::$name> for facts::$name {
            fn from(value: words::$name) -> Self {
                match value { $(words::$name::$variant => Self::$variant),+ }
            }
        }
    )+};
}

same! {
    Tier { Light, Workhorse, Strategist }
    Effort { Low, Medium, High }
    Role { Plan, Implement, Review, Test }
    FailureClass {
        TestFail, WrongFile, Refused, Unknown, AuthFailure, NoCredit, Timeout, SyntaxError, Network,
        UnknownModel, Denied, NoProgram, Killed, Lost, RateLimited, Overloaded, ContextOverflow, Budget,
        Cancelled,
    }
}

impl From<facts::Failure> for words::Failure {
    fn from(failure: facts::Failure) -> Self {
        Self {
            class: failure.class.into(),
            message: failure.message,
            remedy: failure.remedy,
            retry_after_ms: failure.retry_after,
            status: failure.status,
        }
    }
}

impl From<words::Failure> for facts::Failure {
    fn from(failure: words::Failure) -> Self {
        Self {
            class: failure.class.into(),
            message: failure.message,
            remedy: failure.remedy,
            retry_after: failure.retry_after_ms,
            status: failure.status,
        }
    }
}

impl From<facts::Usage> for words::Usage {
    fn from(usage: facts::Usage) -> Self {
        Self {
            input: usage.input,
            cached_input: usage.cached_input,
            cache_write: usage.cache_write,
            output: usage.output,
            reasoning: usage.reasoning,
            cost: usage.cost.map(words::Micros::from),
            estimated: usage.estimated,
        }
    }
}

impl From<words::Usage> for facts::Usage {
    fn from(usage: words::Usage) -> Self {
        Self {
            input: usage.input,
            cached_input: usage.cached_input,
            cache_write: usage.cache_write,
            output: usage.output,
            reasoning: usage.reasoning,
            cost: usage.cost.map(words::Micros::unsigned),
            estimated: usage.estimated,
        }
    }
}

impl From<facts::Rates> for words::Rates {
    fn from(rates: facts::Rates) -> Self {
        Self {
            input: rates.input.into(),
            cached_input: rates.cached_input.map(words::Micros::from),
            cache_write: rates.cache_write.map(words::Micros::from),
            output: rates.output.into(),
            reasoning: rates.reasoning.map(words::Micros::from),
            as_of: rates.as_of,
        }
    }
}

impl From<words::Rates> for facts::Rates {
    fn from(rates: words::Rates) -> Self {
        Self {
            input: rates.input.unsigned(),
            cached_input: rates.cached_input.map(words::Micros::unsigned),
            cache_write: rates.cache_write.map(words::Micros::unsigned),
            output: rates.output.unsigned(),
            reasoning: rates.reasoning.map(words::Micros::unsigned),
            as_of: rates.as_of,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_class_comes_back_as_it_went() {
        for class in words::FailureClass::ALL {
            let there: facts::FailureClass = (*class).into();
            assert_eq!(words::FailureClass::from(there), *class);
        }
    }

    #[test]
    fn a_price_too_large_for_the_host_is_the_largest_that_it_knows() {
        let rates = facts::Rates {
            input: u64::MAX,
            cached_input: None,
            cache_write: None,
            output: 1,
            reasoning: None,
            as_of: String::new(),
        };
        assert_eq!(words::Rates::from(rates).input, words::Micros(i64::MAX));
    }
}
