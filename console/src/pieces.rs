//! What pages are made of. A piece knows no page, and asks nobody anything.

pub(crate) mod again;
pub(crate) mod badge;
pub(crate) mod banner;
pub(crate) mod breakable;
pub(crate) mod carried;
pub(crate) mod confirm;
pub(crate) mod facts;
pub(crate) mod figure;
pub(crate) mod filter;
pub(crate) mod harmless;
pub(crate) mod indented;
pub(crate) mod outcome;
pub(crate) mod pager;
pub(crate) mod problem;
pub(crate) mod sentence;
pub(crate) mod sparkline;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod written;
