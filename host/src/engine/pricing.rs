//! What an attempt costs, and where that figure comes from.

use crate::config::{BreakerSection, ExecutorSection};
use jackfield_types::{CostSource, Micros, Rates, Usage};

/// A cost with its source and the date of its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) total: Micros,
    pub(crate) source: CostSource,
    pub(crate) price_as_of: Option<String>,
}

/// How one attempt's usage is priced, decided when the attempt is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pricing {
    /// The executor costs nothing, ever.
    Free,
    /// By these rates, unless the agent gives its own figure.
    Rates(Rates, CostSource),
    /// No price is known: every token at the ceiling.
    Ceiling(Micros),
}

impl Pricing {
    /// The operator's rates win over the adapter's; a price that nobody knows is the ceiling.
    pub(crate) fn of(
        free: bool,
        model: Option<&str>,
        executor: &ExecutorSection,
        adapter: Option<Rates>,
        breaker: &BreakerSection,
    ) -> Self {
        let configured = model.and_then(|model| executor.rates.get(model)).map(Rates::from);
        match (free, configured, adapter) {
            (true, ..) => Self::Free,
            (_, Some(rates), _) => Self::Rates(rates, CostSource::Configured),
            (_, None, Some(rates)) => Self::Rates(rates, CostSource::Adapter),
            (_, None, None) => Self::Ceiling(breaker.unknown_price_usd),
        }
    }

    /// The running total of `usage`. Operator's rates win over the agent's own figure, which wins
    /// over everything else.
    pub(crate) fn cost(&self, usage: &Usage) -> Cost {
        let cost = |total, source, as_of: &str| Cost {
            total,
            source,
            price_as_of: (!as_of.is_empty()).then(|| as_of.to_owned()),
        };
        match (self, usage.cost) {
            (Self::Free, _) => cost(Micros::ZERO, CostSource::Free, ""),
            (Self::Rates(rates, CostSource::Configured), _) => {
                cost(rates.cost(usage), CostSource::Configured, &rates.as_of)
            }
            (_, Some(reported)) => cost(reported, CostSource::Agent, ""),
            (Self::Rates(rates, source), None) => cost(rates.cost(usage), *source, &rates.as_of),
            (Self::Ceiling(rate), None) => cost(ceiling(*rate, usage), CostSource::Ceiling, ""),
        }
    }
}

fn ceiling(rate: Micros, usage: &Usage) -> Micros {
    let flat = Rates {
        input: rate,
        cached_input: None,
        cache_write: None,
        output: rate,
        reasoning: None,
        as_of: String::new(),
    };
    flat.cost(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(dollars: i64) -> Rates {
        Rates {
            input: Micros::dollars(dollars),
            cached_input: None,
            cache_write: None,
            output: Micros::dollars(dollars),
            reasoning: None,
            as_of: "2026-01-01".into(),
        }
    }

    const MILLION: Usage = Usage {
        input: 1_000_000,
        cached_input: 0,
        cache_write: 0,
        output: 0,
        reasoning: 0,
        cost: None,
        estimated: false,
    };

    fn priced(pricing: &Pricing, usage: &Usage) -> (Micros, CostSource) {
        let cost = pricing.cost(usage);
        (cost.total, cost.source)
    }

    #[test]
    fn each_cost_carries_its_source() {
        let breaker = BreakerSection::default();
        let executor = ExecutorSection::default();
        let reported = Usage { cost: Some(Micros(7)), ..MILLION };

        let adapter = Pricing::of(false, Some("m"), &executor, Some(rates(3)), &breaker);
        assert_eq!(priced(&adapter, &MILLION), (Micros::dollars(3), CostSource::Adapter));
        assert_eq!(adapter.cost(&MILLION).price_as_of.as_deref(), Some("2026-01-01"));
        assert_eq!(priced(&adapter, &reported), (Micros(7), CostSource::Agent));

        let unknown = Pricing::of(false, Some("m"), &executor, None, &breaker);
        assert_eq!(priced(&unknown, &MILLION), (Micros::dollars(25), CostSource::Ceiling), "never 0");

        let free = Pricing::of(true, None, &executor, Some(rates(3)), &breaker);
        assert_eq!(priced(&free, &reported), (Micros::ZERO, CostSource::Free));
    }

    #[test]
    fn the_operators_prices_win_over_the_agents_figure() {
        let config: crate::config::Config =
            toml::from_str("[executors.x.rates.m]\ninput = 1\noutput = 2\nas_of = \"2026-11-01\"").unwrap();
        let pricing =
            Pricing::of(false, Some("m"), &config.executors["x"], Some(rates(3)), &BreakerSection::default());
        let reported = Usage { cost: Some(Micros(7)), ..MILLION };
        assert_eq!(priced(&pricing, &reported), (Micros::dollars(1), CostSource::Configured));
    }
}
