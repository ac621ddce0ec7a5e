//! Names that have a meaning in recipes.

/// Stands for the folder of the card in the config of a gate.
pub(crate) const FOLDER: &str = "{folder}";
/// The target of an output that becomes a metric of the card.
pub(crate) const METRIC: &str = "metric:";
/// The target of an output whose items become cards.
pub(crate) const CARDS: &str = "cards";
/// The input of a ballot.
pub(crate) const PERSONA: &str = "persona";
