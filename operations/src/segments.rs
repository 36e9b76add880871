//! In how many segments an SMS is sent.

use domain::ChannelName;
use media::Segments;

/// Counts the segments in which the words of an SMS are sent. None for another channel, and where there are no words.
pub fn segments(channel: &ChannelName, text: &str) -> Option<Segments> {
    let counted = channel.as_str() == media::sms::MEDIUM.name && !text.is_empty();
    counted.then(|| Segments::of(text))
}
