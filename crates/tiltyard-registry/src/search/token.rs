//! Page tokens: the place where a page ended, bound to the search that it ended in.
//! A token is opaque to clients, and nothing in it is trusted but a place to begin at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tiltyard_domain::Refusal;
use tiltyard_store::{Cut, Position};

/// Bytes of the digest that bind a token to its search.
const DIGEST_BYTES: usize = 8;

/// What makes a search that search: a token serves no other.
pub(super) struct Search {
    what: String,
}

#[derive(Serialize, Deserialize)]
struct Token {
    #[serde(rename = "s")]
    search: String,
    #[serde(rename = "p")]
    position: Position,
}

impl Search {
    /// A search of that kind for that.
    pub(super) fn of(kind: &str, what: &impl std::fmt::Debug) -> Self {
        Self { what: format!("{kind} {what:?}") }
    }

    /// Asked for only where a token comes or goes: most searches have one page.
    fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(&Sha256::digest(&self.what)[..DIGEST_BYTES])
    }

    /// The token of the page that begins behind a place.
    pub(super) fn token(&self, position: Position) -> String {
        let token = Token { search: self.digest(), position };
        // Numbers and texts always have a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
    }

    /// The page that a token and a size ask for. `fields` is how many the order has.
    pub(super) fn cut(&self, token: Option<&str>, size: usize, fields: usize) -> Result<Cut, Refusal> {
        let after =
            token.filter(|token| !token.is_empty()).map(|token| self.position(token, fields)).transpose()?;
        Ok(Cut { size, after })
    }

    fn position(&self, token: &str, fields: usize) -> Result<Position, Refusal> {
        let json = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| Refusal::invalid("Invalid page token, could not base64-decode"))?;
        let token: Token = serde_json::from_slice(&json).map_err(|_| {
            Refusal::invalid(
                "Invalid page token: this server gave out no such token. Begin with the first page.",
            )
        })?;
        if token.search != self.digest() || token.position.fields() != fields {
            return Err(Refusal::invalid(
                "Invalid page token: it belongs to another search. Ask for the next page with the same filter, order \
                 and experiments as for the first.",
            ));
        }
        Ok(token.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_and_tokens_of_other_searches_are_refused() {
        let search = Search::of("runs", &"metrics.a > 1");
        let offset = URL_SAFE_NO_PAD.encode(r#"{"offset": 10}"#);
        let other = r#"{"s":"other","p":[{"i":1}]}"#;
        for junk in
            ["!", "junk", "🦀", &offset, &URL_SAFE_NO_PAD.encode(other), &URL_SAFE_NO_PAD.encode("[[[[")]
        {
            let refusal = search.cut(Some(junk), 10, 1).unwrap_err();
            assert!(refusal.message.starts_with("Invalid page token"), "{junk}: {refusal}");
        }
        assert_eq!(search.cut(Some(""), 10, 1).unwrap(), Cut { size: 10, after: None });
    }

    #[test]
    fn a_token_serves_the_search_that_it_came_from_and_no_other() {
        let position: Position =
            serde_json::from_str(r#"[{"r":4607182418800017408},"n",{"t":"x"}]"#).unwrap();
        let search = Search::of("runs", &"a");
        let token = search.token(position.clone());
        assert_eq!(search.cut(Some(&token), 1, 3).unwrap().after, Some(position));
        assert!(search.cut(Some(&token), 1, 2).is_err());
        assert!(Search::of("runs", &"b").cut(Some(&token), 1, 3).is_err());
        assert!(Search::of("models", &"a").cut(Some(&token), 1, 3).is_err());
    }
}
