//! What an attempt costs, and where that figure comes from.

use genai_prices::{PriceRequest, Usage as Prices, UsageKey};
use jackfield_config::{BreakerSection, ExecutorSection};
use jackfield_types::{CostSource, Micros, Rates, Timestamp, Usage};
use std::time::SystemTime;

/// Tokens that a list price is asked for.
const SAMPLE: f64 = 1_000.0;

/// A cost with its source and the date of its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The amount.
    pub total: Micros,
    /// The source of the amount.
    pub source: CostSource,
    /// The date of the price list.
    pub price_as_of: Option<String>,
}

/// How one attempt's usage is priced, decided when the attempt is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pricing {
    /// The executor costs nothing, ever.
    Free,
    /// By these rates, unless the agent gives its own figure.
    Rates(Rates, CostSource),
    /// No price is known: every token at the ceiling.
    Ceiling(Micros),
}

impl Pricing {
    /// The operator's rates win over the adapter's, those over the catalogue's; a price that nobody
    /// knows is the ceiling.
    pub fn of(
        free: bool,
        model: Option<&str>,
        executor: &ExecutorSection,
        adapter: Option<Rates>,
        breaker: &BreakerSection,
        now: Timestamp,
    ) -> Self {
        let configured = model.and_then(|model| executor.rates.get(model)).map(Rates::from);
        match (free, configured, adapter) {
            (true, ..) => Self::Free,
            (_, Some(rates), _) => Self::Rates(rates, CostSource::Configured),
            (_, None, Some(rates)) => Self::Rates(rates, CostSource::Adapter),
            (_, None, None) => match model.and_then(|model| catalogue(model, now)) {
                Some(rates) => Self::Rates(rates, CostSource::Catalogue),
                None => Self::Ceiling(breaker.unknown_price_usd),
            },
        }
    }

    /// The running total of `usage`. Operator's rates win over the agent's own figure, which wins
    /// over everything else.
    pub fn cost(&self, usage: &Usage) -> Cost {
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

/// List prices of a model that neither the operator nor its adapter prices, as of `now`.
fn catalogue(model: &str, now: Timestamp) -> Option<Rates> {
    let at = SystemTime::from(now);
    // Small counts, because some prices rise with the size of the context.
    let per_million = |tokens: &[UsageKey]| {
        let usage: Prices = tokens.iter().map(|key| (key.clone(), SAMPLE)).collect();
        let price = genai_prices::calculate(&PriceRequest::new(model, &usage).with_timestamp(at)).ok()?;
        Some(Micros::from_usd(price.total_price * 1e6 / SAMPLE))
    };
    Some(Rates {
        input: per_million(&[UsageKey::INPUT_TOKENS])?,
        cached_input: per_million(&[UsageKey::INPUT_TOKENS, UsageKey::CACHE_READ_TOKENS]),
        cache_write: per_million(&[UsageKey::INPUT_TOKENS, UsageKey::CACHE_WRITE_TOKENS]),
        output: per_million(&[UsageKey::OUTPUT_TOKENS])?,
        reasoning: None,
        as_of: now.strftime("%Y-%m-%d").to_string(),
    })
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

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

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

        let adapter = Pricing::of(false, Some("m"), &executor, Some(rates(3)), &breaker, NOW);
        assert_eq!(priced(&adapter, &MILLION), (Micros::dollars(3), CostSource::Adapter));
        assert_eq!(adapter.cost(&MILLION).price_as_of.as_deref(), Some("2026-01-01"));
        assert_eq!(priced(&adapter, &reported), (Micros(7), CostSource::Agent));

        let unknown = Pricing::of(false, Some("m"), &executor, None, &breaker, NOW);
        assert_eq!(priced(&unknown, &MILLION), (Micros::dollars(25), CostSource::Ceiling), "never 0");

        let free = Pricing::of(true, None, &executor, Some(rates(3)), &breaker, NOW);
        assert_eq!(priced(&free, &reported), (Micros::ZERO, CostSource::Free));
    }

    #[test]
    fn model_known_only_to_the_catalogue_has_its_list_price() {
        let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let executor = ExecutorSection::default();
        let pricing = Pricing::of(false, Some("gpt-4o"), &executor, None, &BreakerSection::default(), at);
        // $2.50 in, $1.25 cached, $10 out per million.
        let usage = Usage { input: 1_000_000, cached_input: 1_000_000, output: 1_000_000, ..MILLION };
        assert_eq!(priced(&pricing, &usage), (Micros(13_750_000), CostSource::Catalogue));
        assert_eq!(pricing.cost(&usage).price_as_of.as_deref(), Some("2026-11-01"));
    }

    #[test]
    fn configured_prices_override_the_reported_cost() {
        let config: jackfield_config::Config =
            toml::from_str("[executors.x.rates.m]\ninput = 1\noutput = 2\nas_of = \"2026-11-01\"").unwrap();
        let pricing = Pricing::of(
            false,
            Some("m"),
            &config.executors["x"],
            Some(rates(3)),
            &BreakerSection::default(),
            NOW,
        );
        let reported = Usage { cost: Some(Micros(7)), ..MILLION };
        assert_eq!(priced(&pricing, &reported), (Micros::dollars(1), CostSource::Configured));
    }
}
