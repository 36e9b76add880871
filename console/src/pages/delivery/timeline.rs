//! What became of a delivery and why, in sentences by what they are about. They are those of `chasqui explain` and of the
//! API, word for word, and therefore in English.

use domain::{Explanation, Sentence, Timestamp, Topic};
use maud::{Markup, html};

use super::words::Words;
use crate::pieces::sentence::sentence_of;
use crate::pieces::time::moment;
use crate::words::Lang;

/// In the order in which they are told.
const TOPICS: [Topic; 10] = [
    Topic::Lane,
    Topic::Words,
    Topic::Attempt,
    Topic::Why,
    Topic::Next,
    Topic::Event,
    Topic::Receipt,
    Topic::Family,
    Topic::Letter,
    Topic::Warning,
];

pub(super) fn of(told: &Explanation, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        h2 { (words.timeline) }
        @for topic in TOPICS {
            @let about: Vec<&Sentence> = told.sentences.iter().filter(|sentence| sentence.topic == topic).collect();
            @if !about.is_empty() {
                h3 { (topic_of(topic, lang)) }
                ol.timeline {
                    @for sentence in about {
                        li {
                            @if let Some(at) = sentence.at { (moment(at, now, lang)) " " }
                            span.told lang="en" { (sentence_of(&sentence.text)) }
                        }
                    }
                }
            }
        }
    }
}

/// What a sentence is about, as the headings of the page have it.
pub(crate) fn topic_of(topic: Topic, lang: Lang) -> &'static str {
    Words::of(lang).topic(topic)
}

#[cfg(test)]
mod tests {
    use domain::Summary;

    use super::*;

    #[test]
    fn sentences_are_told_by_their_topics_and_escaped() {
        let sentence = |topic, text: &str| Sentence { topic, at: None, text: text.to_owned() };
        let sentences =
            vec![sentence(Topic::Warning, "<b>"), sentence(Topic::Lane, "It came."), sentence(Topic::Warning, "2")];
        let told = Explanation { summary: Summary::InItsLane, sentences, letters: Vec::new() };
        let page = of(&told, Lang::Es, Timestamp::from_seconds(0)).into_string();
        let place = |part: &str| page.find(part).unwrap();
        assert!(place("It came.") < place("&lt;b&gt;") && place("&lt;b&gt;") < place(">2<"), "{page}");
        assert_eq!(page.matches("<h3>").count(), 2);
        assert!(page.contains("<span class=\"told\" lang=\"en\">It came.</span>"), "{page}");
    }
}
