//! Encrypts a connection to a mail server, and says what is wrong when that fails.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::settings::{CA_FILE, HOST, TLS};
use super::step::{Failed, Step, Trouble};
use super::wire::Stream;

/// The certificates to trust, and the name to expect.
pub(super) struct Encryption {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Encryption {
    /// # Errors
    /// A text that begins with the name of a setting.
    pub(super) fn new(host: &str, ca_file: Option<&Path>) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            format!("{} must be a host name or an IP address, as it stands in the server's certificate", HOST.name)
        })?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_file {
            add(&mut roots, path).map_err(|why| format!("{} {}: {why}", CA_FILE.name, path.display()))?;
        }
        if roots.is_empty() {
            return Err(format!(
                "{}: this machine has no root certificates: install ca-certificates, or name a file of your own in {}",
                TLS.name, CA_FILE.name
            ));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("{}: {error}", TLS.name))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(super) async fn of(&self, stream: TcpStream, step: Step) -> Result<Stream, Failed> {
        match self.connector.connect(self.name.clone(), stream).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => Err(step.failed(trouble(&error))),
        }
    }
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let pem = runtime::read_file(path, runtime::MAX_CERTIFICATES_BYTES).map_err(|error| error.to_string())?;
    let wrong = || "must hold certificates in PEM".to_owned();
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
    }
    if roots.len() == before { Err(wrong()) } else { Ok(()) }
}

fn trouble(error: &io::Error) -> Trouble {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => Trouble::Unfit(format!(
            "the server's certificate is not trusted ({error}): SMTP_HOST must be a name that stands in it, and \
             SMTP_CA_FILE can name an authority of your own"
        )),
        Some(rustls::Error::InvalidMessage(_)) => Trouble::Unfit(
            "the server does not speak TLS here: SMTP_TLS=implicit goes with port 465, starttls with 587, none with 25"
                .into(),
        ),
        _ => Trouble::Lost(error.to_string()),
    }
}
