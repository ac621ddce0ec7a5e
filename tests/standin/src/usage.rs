//! The tokens that every answer claims to have used, in each API's own counting.
//!
//! The numbers differ on purpose, so that a figure read from the wrong field, or counted twice, shows.

/// Anthropic counts cached input apart: the whole input is the sum of the first three.
pub mod anthropic {
    /// `input_tokens`: neither written to the cache nor read from it.
    pub const INPUT: u64 = 1200;
    /// `cache_creation_input_tokens`
    pub const CACHE_WRITE: u64 = 300;
    /// `cache_read_input_tokens`
    pub const CACHE_READ: u64 = 900;
    /// `output_tokens`
    pub const OUTPUT: u64 = 60;
}

/// OpenAI counts cached tokens within the input and reasoning within the output.
pub mod openai {
    /// `input_tokens`, with [`CACHED`] in it.
    pub const INPUT: u64 = 1500;
    /// `input_tokens_details.cached_tokens`
    pub const CACHED: u64 = 900;
    /// `output_tokens`, with [`REASONING`] in it.
    pub const OUTPUT: u64 = 70;
    /// `output_tokens_details.reasoning_tokens`
    pub const REASONING: u64 = 20;
}

/// Gemini counts cached tokens within the prompt, and thoughts apart from the candidates.
pub mod gemini {
    /// `promptTokenCount`, with [`CACHED`] in it.
    pub const PROMPT: u64 = 1400;
    /// `cachedContentTokenCount`
    pub const CACHED: u64 = 800;
    /// `candidatesTokenCount`
    pub const CANDIDATES: u64 = 50;
    /// `thoughtsTokenCount`
    pub const THOUGHTS: u64 = 30;
    /// `totalTokenCount`
    pub const TOTAL: u64 = PROMPT + CANDIDATES + THOUGHTS;
}
