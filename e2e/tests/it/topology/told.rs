//! What a gateway hears over its own queue, and what it has no room for.

use super::place::{Place, eventually};

#[tokio::test]
async fn what_a_gateway_has_no_room_for_is_counted_and_the_newest_is_heard() {
    const TOLD: usize = 12_000;
    let place = Place::declared().await;
    let (consumers, mut told) = topology::hear_realtime(&place.topology);
    assert!(consumers.until_ready().await);
    let state = consumers.watch();
    let lost = async || usize::try_from(state.borrow().lost).unwrap();
    place.tell(0..100).await;
    for thing in 0..100 {
        let heard = told.recv().await.unwrap();
        assert_eq!(heard.body, thing.to_string());
        heard.settle.ack_in_passing();
    }
    assert_eq!(lost().await, 0, "it has room for all of these");
    // Nobody takes anything: 10,000 wait in the queue, and some hundreds in this process.
    place.tell(0..TOLD).await;
    eventually(true, async || lost().await > 0).await;
    let (newest, mut heard) = ((TOLD - 1).to_string(), 0);
    loop {
        let one = told.recv().await.unwrap();
        heard += 1;
        let is_newest = one.body == newest;
        one.settle.ack_in_passing();
        if is_newest {
            break;
        }
    }
    eventually(TOLD, async || heard + lost().await).await;
    consumers.close().await;
    place.remove().await;
}
