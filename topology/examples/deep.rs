//! dev probe
use topology::*;
#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let names = Names::default();
    let plan = Plan::new(&names, QueueType::Quorum, [std::time::Duration::from_secs(5); 3]);
    let t = Topology { broker: Broker::new(url.into(), "deep").unwrap(), names, plan, mode: Mode::Declare, management: None };
    t.ready().await.unwrap();
    println!("declared");
    if std::env::args().nth(2).is_none() { return; }
    let (c, mut r) = Consumers::start(t.clone(), vec![Subscription { source: Source::Lane(domain::Lane::Normal), prefetch: 10 }], Default::default());
    let p = Publisher::start(t, Default::default(), Default::default());
    p.until_ready().await;
    while let Ok(Some(m)) = tokio::time::timeout(std::time::Duration::from_secs(3), r.recv()).await {
        println!("got {:?} count {} state {:?}", m.message_id, m.delivery_count, c.watch().borrow().clone());
        let s = p.publish(Publication { to: To::Retry(1), message_id: "x".into(), body: m.body.clone(), headers: m.headers.clone(), carried: m.carried.clone() }).await;
        println!("republished {s:?}");
        println!("ack {}", m.settle.ack().await);
    }
    println!("end {:?}", c.watch().borrow().clone());
}
