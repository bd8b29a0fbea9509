//! What protects people who open the server in a browser: which hosts and origins are let through, and the headers that
//! forbid framing and sniffing. The rules themselves are the domain's.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tiltyard_domain::network::{HostRule, OriginRule};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

/// What load balancers and monitors call under any host name.
const PROBES: [&str; 4] = ["/health", "/ready", "/version", "/metrics"];

/// The rules of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkRules {
    /// `Host` headers that are let through.
    pub hosts: Vec<HostRule>,
    /// Origins whose pages may change things.
    pub origins: Vec<OriginRule>,
    /// The value of `X-Frame-Options`, if one is sent.
    pub frame_options: Option<&'static str>,
}

impl NetworkRules {
    /// The answer to a request that is not let through.
    pub(crate) fn refuse(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        base: &str,
    ) -> Option<Response> {
        let path = uri.path().strip_prefix(base).unwrap_or(uri.path());
        if PROBES.contains(&path) {
            return None;
        }
        if !self.permits_hosts(uri, headers) {
            return Some(forbidden(
                "Invalid Host header - possible DNS rebinding attack detected. If this name is right, start the server \
                 with --allowed-hosts.",
            ));
        }
        let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if changes
            && !all(headers, &header::ORIGIN).all(|origin| origin.is_empty() || self.permits_origin(origin))
        {
            return Some(forbidden(
                "Cross-origin request blocked. If this page is yours, start the server with --cors-allowed-origins.",
            ));
        }
        None
    }

    /// Marks an answer with the protecting headers.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(value) = self.frame_options {
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static(value));
        }
    }

    /// Headers that tell browsers which pages may read answers.
    pub(crate) fn cross_origin(&self) -> CorsLayer {
        let everyone = self.origins.iter().any(OriginRule::permits_all);
        let rules = self.clone();
        let permitted = AllowOrigin::predicate(move |origin, _| {
            origin.to_str().is_ok_and(|text| rules.permits_origin(text))
        });
        CorsLayer::new()
            .allow_origin(if everyone { AllowOrigin::any() } else { permitted })
            .allow_credentials(!everyone)
            .allow_methods(AllowMethods::mirror_request())
            .allow_headers(AllowHeaders::mirror_request())
    }

    /// Whether every name that the request has for this server is one of ours: that in its target, which counts most, and those
    /// in headers. Honest clients send one; a second one may be meant for a proxy that looks at another place.
    fn permits_hosts(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let permits = |host: &str| self.hosts.iter().any(|rule| rule.permits(host));
        let in_target = uri.authority().map(Authority::as_str);
        let mut names = in_target.into_iter().chain(all(headers, &header::HOST)).peekable();
        names.peek().is_some() && names.all(permits)
    }

    fn permits_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|rule| rule.permits(origin))
    }
}

/// The values of a header; one that is no text is permitted by nobody.
fn all<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("\u{0}"))
}

fn forbidden(message: &'static str) -> Response {
    (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/plain")], message).into_response()
}
