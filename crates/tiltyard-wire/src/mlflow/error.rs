//! MLflow's error codes with their statuses, the body that carries them, and why a request could not be read.
//! Which of our refusals becomes which code is decided by the API, not here.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Appended by MLflow to every complaint about a parameter.
const SEE_DOCS: &str = " See the API docs for more information about request parameters.";

/// Declares the codes with their names and statuses in one table.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $status:literal;)+) => {
        /// An error code of MLflow. Clients act on the name; the status follows from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $code,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// The name as it stands in `error_code`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// The HTTP status MLflow answers with.
            pub fn status(self) -> u16 {
                match self { $(Self::$code => $status,)+ }
            }
        }
    };
}

error_codes! {
    /// Something went wrong inside the server.
    InternalError = "INTERNAL_ERROR", 500;
    /// The thing is in a state in which this cannot be done.
    InvalidState = "INVALID_STATE", 500;
    /// Stored data is gone or damaged.
    DataLoss = "DATA_LOSS", 500;
    /// The feature is switched off. MLflow has no status of its own for it.
    FeatureDisabled = "FEATURE_DISABLED", 500;
    /// The server does not offer this.
    NotImplemented = "NOT_IMPLEMENTED", 501;
    /// Trying again later may work.
    TemporarilyUnavailable = "TEMPORARILY_UNAVAILABLE", 503;
    /// The work took longer than allowed.
    DeadlineExceeded = "DEADLINE_EXCEEDED", 504;
    /// Too many requests.
    RequestLimitExceeded = "REQUEST_LIMIT_EXCEEDED", 429;
    /// The caller went away.
    Cancelled = "CANCELLED", 499;
    /// A quota is used up.
    ResourceExhausted = "RESOURCE_EXHAUSTED", 429;
    /// Given up because of a concurrent change.
    Aborted = "ABORTED", 409;
    /// Two changes contradict each other.
    ResourceConflict = "RESOURCE_CONFLICT", 409;
    /// It is there already (the newer spelling).
    AlreadyExists = "ALREADY_EXISTS", 409;
    /// It is not there (the newer spelling).
    NotFound = "NOT_FOUND", 404;
    /// No such route; clients fall back to older ones.
    EndpointNotFound = "ENDPOINT_NOT_FOUND", 404;
    /// It is not there.
    ResourceDoesNotExist = "RESOURCE_DOES_NOT_EXIST", 404;
    /// The caller may not do this.
    PermissionDenied = "PERMISSION_DENIED", 403;
    /// The caller is not who they say (the older spelling).
    CustomerUnauthorized = "CUSTOMER_UNAUTHORIZED", 401;
    /// The caller did not say who they are.
    Unauthenticated = "UNAUTHENTICATED", 401;
    /// The request as a whole makes no sense.
    BadRequest = "BAD_REQUEST", 400;
    /// It is there already.
    ResourceAlreadyExists = "RESOURCE_ALREADY_EXISTS", 400;
    /// A parameter is missing or not allowed.
    InvalidParameterValue = "INVALID_PARAMETER_VALUE", 400;
}

impl ErrorCode {
    /// The code of that name, if it is one of ours.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// MLflow's other names for what happened: an SQLSTATE and a class. Some codes have none.
    fn classes(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::BadRequest | Self::InvalidParameterValue => ("KAM00", "INVALID_PARAMETER_VALUE"),
            Self::CustomerUnauthorized | Self::PermissionDenied => ("KAM00", "PERMISSION_DENIED"),
            Self::EndpointNotFound | Self::NotFound | Self::ResourceDoesNotExist => {
                ("KAM00", "RESOURCE_NOT_FOUND")
            }
            Self::FeatureDisabled => ("KAM00", "FEATURE_DISABLED"),
            Self::ResourceAlreadyExists => ("KAM00", "RESOURCE_ALREADY_EXISTS"),
            Self::InternalError | Self::InvalidState | Self::TemporarilyUnavailable => {
                ("XXM00", "CLIENT_INTERNAL_ERROR")
            }
            _ => return None,
        })
    }
}

/// The body of every error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The name of the code; kept as text because other servers have more codes than we know.
    pub error_code: String,
    /// What is wrong and what to do, for people.
    #[serde(default)]
    pub message: String,
    /// MLflow's SQLSTATE for the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// MLflow's class of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_class: Option<String>,
}

impl ErrorBody {
    /// A body with one of our codes.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let (sqlstate, error_class) =
            code.classes().map(|(state, class)| (state.to_owned(), class.to_owned())).unzip();
        Self { error_code: code.name().to_owned(), message: message.into(), sqlstate, error_class }
    }
}

/// Why a request could not be read. Its text is MLflow's where MLflow has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// The parameter at fault with its path (`metrics[1].key`); empty when it is the request as a whole.
    parameter: String,
    problem: Problem,
}

/// What is wrong with the parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// The body is not a JSON object.
    Body(Cow<'static, str>),
    /// Absent, null or empty, and needed.
    Missing,
    /// There, but not of the right kind: its JSON text and what Python calls its type.
    Invalid { json: String, python_type: &'static str },
    /// Spelt in snake case and in camel case.
    TwoSpellings { camel: String },
    /// Given twice with different values.
    GivenTwice,
    /// Beyond a limit of the message.
    Limit(String),
}

impl WireError {
    /// The code to answer with; MLflow has one for all of these.
    pub const CODE: ErrorCode = ErrorCode::InvalidParameterValue;

    /// A needed parameter that is absent, null or empty.
    pub fn missing(parameter: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), problem: Problem::Missing }
    }

    /// A complaint about the request in full sentences of its own.
    pub fn limit(message: impl Into<String>) -> Self {
        Self { parameter: String::new(), problem: Problem::Limit(message.into()) }
    }

    pub(crate) fn body(message: impl Into<Cow<'static, str>>) -> Self {
        Self { parameter: String::new(), problem: Problem::Body(message.into()) }
    }

    pub(crate) fn invalid(parameter: &str, json: String, python_type: &'static str) -> Self {
        Self { parameter: parameter.to_owned(), problem: Problem::Invalid { json, python_type } }
    }

    pub(crate) fn two_spellings(parameter: &str, camel: &str) -> Self {
        Self { parameter: parameter.to_owned(), problem: Problem::TwoSpellings { camel: camel.to_owned() } }
    }

    pub(crate) fn given_twice(parameter: &str) -> Self {
        Self { parameter: parameter.to_owned(), problem: Problem::GivenTwice }
    }

    /// The same error seen from the message around the one that failed.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        if !self.parameter.is_empty() {
            self.parameter = format!("{outer}.{}", self.parameter);
        }
        self
    }

    /// The parameter at fault with its path, or nothing when it is the request as a whole.
    pub fn parameter(&self) -> Option<&str> {
        (!self.parameter.is_empty()).then_some(self.parameter.as_str())
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameter = &self.parameter;
        match &self.problem {
            Problem::Body(message) => f.write_str(message),
            Problem::Missing => write!(f, "Missing value for required parameter '{parameter}'.{SEE_DOCS}"),
            // The double space is MLflow's, and tools compare the text.
            Problem::Invalid { json, python_type } => write!(
                f,
                "Invalid value {json} for parameter '{parameter}' supplied:  \
                 Hint: Value was of type '{python_type}'.{SEE_DOCS}"
            ),
            Problem::TwoSpellings { camel } => {
                write!(f, "Request specifies both '{parameter}' and '{camel}'; provide only one of them.")
            }
            Problem::GivenTwice => write!(
                f,
                "Request specifies '{parameter}' more than once with different values; provide only one of them."
            ),
            Problem::Limit(message) => write!(f, "{message}{SEE_DOCS}"),
        }
    }
}

impl std::error::Error for WireError {}

impl From<&WireError> for ErrorBody {
    fn from(error: &WireError) -> Self {
        Self::new(WireError::CODE, error.to_string())
    }
}
