//! dev only
pub mod ground {
    use reqwest::Method;
    use serde_json::{Value, json};
    pub struct Ground { pub management: String, pub amqp: String }
    pub async fn ground() -> &'static Ground {
        static G: tokio::sync::OnceCell<Ground> = tokio::sync::OnceCell::const_new();
        G.get_or_init(|| async { Ground { management: "http://guest:guest@127.0.0.1:15690".into(), amqp: "amqp://guest:guest@127.0.0.1:5690".into() } }).await
    }
    impl Ground {
        pub async fn create_vhost(&self) -> Result<String, reqwest::Error> {
            let vhost = format!("t{:x}{:x}", std::process::id(), std::time::Instant::now().elapsed().as_nanos() as u64 ^ (&raw const *self as u64) ^ N.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
            self.manage(Method::PUT, &format!("vhosts/{vhost}"), Some(json!({}))).await?;
            self.manage(Method::PUT, &format!("permissions/{vhost}/guest"), Some(json!({"configure": ".*", "write": ".*", "read": ".*"}))).await?;
            Ok(vhost)
        }
        pub async fn delete_vhost(&self, vhost: &str) -> Result<(), reqwest::Error> { self.manage(Method::DELETE, &format!("vhosts/{vhost}"), None).await.map(drop) }
        pub async fn manage(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, reqwest::Error> {
            let client = reqwest::Client::builder().no_proxy().build()?;
            let mut request = client.request(method, format!("{}/api/{path}", self.management));
            if let Some(body) = body { request = request.json(&body); }
            let text = request.send().await?.error_for_status()?.text().await?;
            Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
        }
        pub fn amqp_url(&self, vhost: &str) -> String { format!("{}/{vhost}", self.amqp) }
    }
    static N: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
}
#[path = "../../../e2e/tests/it/topology/mod.rs"]
mod topology;
