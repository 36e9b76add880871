//! How a process reads its settings: from all their sources, with every problem reported at once. A [`Reference`] says
//! which settings exist; no code here knows one by its name.

mod dotenv;
mod place;
mod problems;
mod reader;
mod reference;
mod setting;
mod source;
mod unknown;

pub use dotenv::{Dotenv, Pair};
pub use place::{HostPort, OwnUrl, is_this_machine, is_whole};
pub use problems::{Problems, first_of};
pub use reader::{Reader, did_you_mean, place_in_list};
pub use reference::Reference;
pub use setting::{Kind, Setting, Values};
pub use source::Sources;
