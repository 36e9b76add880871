//! What `chasqui up` prints when the fleet is ready: where to look, and how to publish.

use std::net::SocketAddr;

use channels::SandboxMode;

use crate::config::Config;
use crate::private_broker::{PrivateBroker, User};

pub(crate) struct Banner<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) broker: Option<&'a PrivateBroker>,
    pub(crate) config: &'a Config,
}

impl Banner<'_> {
    pub(crate) fn print(&self) {
        let api = self.address;
        println!("\nThe fleet is ready.\n");
        println!("  API        http://{api}/notify");
        println!("  Docs       http://{api}/docs");
        println!("  Metrics    http://{api}/metrics");
        if let Some(broker) = self.broker {
            println!("  RabbitMQ   {}   user {}, password {}", broker.management_url(), User::Admin.name(), User::Admin.password());
            println!("  AMQP       {}", broker.amqp_url(User::Orchestrator));
        }
        match self.config.channels.sandbox {
            SandboxMode::All => println!("  Sandbox    every channel is captured, nothing leaves this machine: http://{api}/sandbox"),
            SandboxMode::Missing => println!("  Sandbox    channels without credentials are captured: http://{api}/sandbox"),
            SandboxMode::Off => println!("  Sandbox    off: messages are really sent"),
        }
        println!("\nTry it:\n");
        println!("  curl -i http://{api}/notify -H 'Content-Type: application/json' \\");
        println!("    -d '{{\"channel\":\"email\",\"destination\":\"ana@example.com\",\"subject\":\"Hola\",\"message\":\"It works.\"}}'\n");
    }
}
