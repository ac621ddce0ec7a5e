//! What a host answers, as text for people and models: the same words for MCP, REST and the command line.

pub mod overview;
pub mod screen;
pub mod table;
pub mod text;
pub mod text_board;
pub mod text_components;
pub mod text_explain;
pub mod text_people;
pub mod text_replay;
pub mod text_workers;
