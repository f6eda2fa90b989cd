//! The keys of an account on S3, and requests signed with them (Signature Version 4).

use bytes::Bytes;
use http::{HeaderMap, Method};
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;
use url::Url;

use crate::deliver::{Account, AccountError};

/// What servers that have no regions take.
const USUAL_REGION: &str = "us-east-1";

/// What requests are signed with.
pub(super) struct Signer {
    credential: AwsCredential,
    region: String,
}

impl Signer {
    /// The keys of this account.
    pub(super) fn of(account: &Account) -> Result<Self, AccountError> {
        let keys = account.token.reveal().split_once(':');
        let expected =
            "an access key's id, a colon and its secret, for example AKIA0123456789EXAMPLE:wJalrXUtnFEMI";
        let (id, secret) = keys
            .filter(|(id, secret)| !id.is_empty() && !secret.is_empty())
            .ok_or(AccountError { key: "token", expected })?;
        let credential = AwsCredential { key_id: id.to_owned(), secret_key: secret.to_owned(), token: None };
        Ok(Self { credential, region: region_of(&account.server) })
    }

    /// These headers, with those that sign the request. An error is for the log.
    pub(super) fn signed(
        &self,
        method: &Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<HeaderMap, String> {
        let request = http::Request::builder().method(method.clone()).uri(url.as_str());
        let mut request = request.body(HttpRequestBody::from(body)).map_err(|error| error.to_string())?;
        *request.headers_mut() = headers;
        let authorizer = AwsAuthorizer::new(&self.credential, "s3", &self.region);
        authorizer.try_authorize(&mut request, None).map_err(|error| error.to_string())?;
        Ok(std::mem::take(request.headers_mut()))
    }
}

/// The region: as it is named behind the address, as Amazon's host names have it, or the usual one.
fn region_of(server: &Url) -> String {
    let named = server.query_pairs().find(|(key, _)| key == "region").map(|(_, value)| value.into_owned());
    let host = server.host_str().unwrap_or_default();
    let in_host = host.strip_suffix(".amazonaws.com").and_then(|host| host.strip_prefix("s3."));
    named.or_else(|| in_host.map(str::to_owned)).unwrap_or_else(|| USUAL_REGION.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_named_or_read_out_of_amazons_names() {
        for (server, region) in [
            ("https://s3.eu-central-1.amazonaws.com", "eu-central-1"),
            ("https://s3.amazonaws.com", "us-east-1"),
            ("https://minio.example.org", "us-east-1"),
            ("https://s3.example.org/?region=garage", "garage"),
        ] {
            assert_eq!(region_of(&Url::parse(server).expect("an address")), region, "{server}");
        }
    }
}
