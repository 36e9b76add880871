//! What `chasqui up` prints when the fleet is ready: where to look, and how to publish.

use std::net::SocketAddr;

use channels::SandboxMode;

use crate::private_broker::{PrivateBroker, User};

pub(crate) struct Banner {
    address: SocketAddr,
    /// The management UI and the AMQP URL of the private node.
    node: Option<(String, String)>,
    sandbox: SandboxMode,
}

impl Banner {
    pub(crate) fn new(address: SocketAddr, broker: Option<&PrivateBroker>, sandbox: SandboxMode) -> Self {
        let node = broker.map(|broker| (broker.management_url(), broker.amqp_url(User::Orchestrator)));
        Self { address, node, sandbox }
    }

    pub(crate) fn print(&self) {
        let api = self.address;
        println!("\nThe fleet is ready.\n");
        println!("  API        http://{api}/notify");
        println!("  Docs       http://{api}/docs");
        println!("  Metrics    http://{api}/metrics");
        if let Some((management, amqp)) = &self.node {
            println!("  RabbitMQ   {management}   user {}, password {}", User::Admin.name(), User::Admin.password());
            println!("  AMQP       {amqp}");
        }
        match self.sandbox {
            SandboxMode::All => println!("  Sandbox    every channel is captured, nothing leaves this machine: http://{api}/sandbox"),
            SandboxMode::Missing => println!("  Sandbox    channels without credentials are captured: http://{api}/sandbox"),
            SandboxMode::Off => println!("  Sandbox    off: messages are really sent"),
        }
        println!("\nTry it:\n");
        println!("  curl -i http://{api}/notify -H 'Content-Type: application/json' \\");
        println!("    -d '{{\"channel\":\"email\",\"destination\":\"ana@example.com\",\"subject\":\"Hola\",\"message\":\"It works.\"}}'\n");
    }
}
