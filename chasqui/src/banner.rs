//! What `chasqui up` prints when the fleet is ready: where to look, and how to publish.

use std::net::SocketAddr;

use anyhow::Result;
use channels::SandboxMode;

use crate::config::Config;
use crate::parts;
use crate::private_broker::{PrivateBroker, User};

pub(crate) struct Banner {
    address: SocketAddr,
    broker: Place,
    sandbox: SandboxMode,
}

enum Place {
    /// The management UI and the AMQP URL of the private node.
    Private { management: String, amqp: String },
    /// Without credentials.
    Configured(String),
}

impl Banner {
    pub(crate) fn new(address: SocketAddr, private: Option<&PrivateBroker>, config: &Config) -> Result<Self> {
        let broker = match private {
            Some(node) => Place::Private { management: node.management_url(), amqp: node.amqp_url(User::Orchestrator) },
            None => Place::Configured(parts::topology(config, "up")?.broker.address()),
        };
        Ok(Self { address, broker, sandbox: config.channels.sandbox })
    }

    pub(crate) fn print(&self) {
        let api = self.address;
        println!("\nThe fleet is ready.\n");
        println!("  API        http://{api}/notify");
        println!("  Docs       http://{api}/docs");
        println!("  Metrics    http://{api}/metrics");
        match &self.broker {
            Place::Private { management, amqp } => {
                println!(
                    "  RabbitMQ   {management}   user {}, password {}",
                    User::Admin.name(),
                    User::Admin.password()
                );
                println!("  AMQP       {amqp}");
            }
            Place::Configured(address) => println!("  AMQP       {address}, as configured"),
        }
        match self.sandbox {
            SandboxMode::All => {
                println!("  Sandbox    every channel is captured, nothing leaves this machine: http://{api}/sandbox")
            }
            SandboxMode::Missing => {
                println!("  Sandbox    channels without credentials are captured: http://{api}/sandbox")
            }
            SandboxMode::Off => println!("  Sandbox    off: messages are really sent"),
        }
        println!("\nTry it:\n");
        println!("  curl -i http://{api}/notify -H 'Content-Type: application/json' \\");
        println!(
            "    -d '{{\"channel\":\"email\",\"destination\":\"ana@example.com\",\"subject\":\"Hola\",\"message\":\"It works.\"}}'\n"
        );
    }
}
