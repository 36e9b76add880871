//! Hears that a question was rejected. Such a question never has a row: only its event says why, and is told once.

use domain::{ChannelName, Key};
use serde_json::Value;
use topology::{EventWatch, Topology, Wanted, watch_events};

use crate::output::complain;

/// Listens from before the question is published, so that nothing is missed.
pub(super) struct Rejections<'a>(Option<EventWatch<'a>>);

impl Rejections<'static> {
    /// Of a question that has a row already.
    pub(super) const fn none() -> Self {
        Self(None)
    }
}

impl<'a> Rejections<'a> {
    /// Where the broker does not let us listen, that is said, and the question is asked all the same.
    pub(super) async fn of(topology: &'a Topology, key: &Key) -> Self {
        let wanted = Wanted {
            tenants: vec![key.tenant.clone()],
            channels: ChannelName::parse("ask").into_iter().collect(),
            events: vec!["rejected".to_owned()],
        };
        match watch_events(&topology.broker, &topology.names, &wanted).await {
            Ok(watch) => Self(Some(watch)),
            Err(error) => {
                complain(format_args!("if the question is rejected, this command cannot hear of it: {error}"));
                Self(None)
            }
        }
    }

    /// Why the question of this id was rejected. Waits for ever where nothing is heard any more.
    pub(super) async fn next(&mut self, id: &str) -> String {
        while let Some(watch) = &mut self.0 {
            let Some(event) = watch.next().await else {
                self.0 = None;
                break;
            };
            if let Some(reason) = why(&event, id) {
                return reason;
            }
        }
        std::future::pending().await
    }
}

/// Why the question of this id was rejected, if the event is of that.
fn why(event: &[u8], id: &str) -> Option<String> {
    let event: Value = serde_json::from_slice(event).ok()?;
    let is_of_it = event["type"] == "chasqui.ask.rejected" && event["data"]["id"] == id;
    is_of_it.then(|| event["data"]["reason"].as_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_rejection_of_the_question_itself_is_one() {
        let event = |kind: &str, id: &str| {
            let event = json!({"type": kind, "data": {"id": id, "reason": "/to/0/group has nobody in it"}});
            why(event.to_string().as_bytes(), "q-1")
        };
        assert_eq!(event("chasqui.ask.rejected", "q-1").as_deref(), Some("/to/0/group has nobody in it"));
        assert_eq!(event("chasqui.ask.rejected", "q-2"), None);
        assert_eq!(event("chasqui.ask.opened", "q-1"), None);
        assert_eq!((why(b"no JSON", "q-1"), why(b"{}", "q-1")), (None, None));
    }

    #[tokio::test]
    async fn whoever_hears_nothing_waits_for_ever() {
        let mut rejections = Rejections::none();
        assert!(rejections.next("q-1").now_or_never().is_none());
    }
}
