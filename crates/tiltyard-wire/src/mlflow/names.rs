//! The two names of a field: snake case as it is declared, and the camel case that protobuf's JSON derives from it.
//! What happens when a request uses both is decided in `message`.

/// Whether a key names the field, in snake case or in camel case.
pub(crate) fn names(key: &str, name: &str) -> bool {
    // Batches ask this for every key of a thousand metrics, so the cheap reasons for "no" come first.
    let may_be_camel_case = key.len() < name.len() && key.as_bytes().first() == name.as_bytes().first();
    key == name || (may_be_camel_case && key.bytes().eq(camel_case_bytes(name)))
}

/// The JSON name protobuf makes of a field's name. Names of fields are ASCII.
pub(crate) fn camel_case(name: &str) -> String {
    camel_case_bytes(name).map(char::from).collect()
}

fn camel_case_bytes(name: &str) -> impl Iterator<Item = u8> {
    let mut after_underscore = false;
    name.bytes().filter_map(move |byte| {
        let starts_word = std::mem::replace(&mut after_underscore, byte == b'_');
        match byte {
            b'_' => None,
            byte if starts_word => Some(byte.to_ascii_uppercase()),
            byte => Some(byte),
        }
    })
}
