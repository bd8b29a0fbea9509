//! Listed things as plain tables of fields, so that filters can be tried on them.
//! What a filter should answer is the business of the tests.

use std::collections::BTreeMap;

use tiltyard_domain::search::{
    DatasetScope, ExperimentAttribute, ExperimentField, Facts, LoggedModelField, LoggedModelOrderField,
    ModelField, ModelOrderField, RunField, RunOrderField, Value, VersionField, VersionOrderField,
};

/// A value that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Number(f64),
    Integer(i64),
    Text(String),
}

impl Cell {
    pub(crate) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// One listed thing: cells by the name of their field, such as `metrics.a`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row(pub(crate) BTreeMap<String, Vec<Cell>>);

impl Row {
    pub(crate) fn add(&mut self, field: &str, cell: Cell) {
        self.0.entry(field.to_owned()).or_default().push(cell);
    }

    fn cells(&self, columns: &[String]) -> Vec<Value<'_>> {
        columns.iter().filter_map(|column| self.0.get(column)).flatten().map(Cell::as_value).collect()
    }
}

/// The name under which a row keeps a field, or the names, where its values are spread.
pub(crate) trait Column {
    fn column(&self) -> String;

    fn columns(&self) -> Vec<String> {
        vec![self.column()]
    }
}

impl<F: Column> Facts<F> for Row {
    fn values(&self, field: &F) -> Vec<Value<'_>> {
        self.cells(&field.columns())
    }
}

impl Column for RunField {
    fn column(&self) -> String {
        self.to_string().replace('`', "")
    }
}

impl Column for RunOrderField {
    fn column(&self) -> String {
        match self {
            Self::Attribute(attribute) => format!("attributes.{}", attribute.name()),
            Self::Metric(key) => format!("metrics.{key}"),
            Self::Param(key) => format!("params.{key}"),
            Self::Tag(key) => format!("tags.{key}"),
        }
    }
}

impl Column for ExperimentField {
    fn column(&self) -> String {
        self.to_string().replace('`', "")
    }
}

impl Column for ExperimentAttribute {
    fn column(&self) -> String {
        format!("attribute.{}", self.name())
    }
}

impl Column for ModelField {
    fn column(&self) -> String {
        match self {
            Self::Prompt => "prompt".to_owned(),
            other => other.to_string().replace('`', ""),
        }
    }
}

impl Column for ModelOrderField {
    fn column(&self) -> String {
        match self {
            Self::Name => "attribute.name".to_owned(),
            Self::LastUpdated => "order.last_updated".to_owned(),
        }
    }
}

impl Column for VersionField {
    fn column(&self) -> String {
        match self {
            Self::Prompt => "prompt".to_owned(),
            other => other.to_string().replace('`', ""),
        }
    }
}

impl Column for VersionOrderField {
    fn column(&self) -> String {
        match self {
            Self::Name => "attribute.name".to_owned(),
            Self::VersionNumber => "attribute.version_number".to_owned(),
            Self::CreationTimestamp => "order.creation_timestamp".to_owned(),
            Self::LastUpdatedTimestamp => "order.last_updated_timestamp".to_owned(),
        }
    }
}

impl Column for LoggedModelField {
    fn column(&self) -> String {
        self.to_string().replace('`', "")
    }

    fn columns(&self) -> Vec<String> {
        match self {
            Self::Metric { datasets, .. } | Self::Measured { datasets } if !datasets.is_empty() => {
                datasets.iter().map(|dataset| on_dataset(&self.column(), dataset)).collect()
            }
            _ => vec![self.column()],
        }
    }
}

fn on_dataset(column: &str, dataset: &DatasetScope) -> String {
    let digest = dataset.digest.as_ref().map(|digest| format!("#{digest}")).unwrap_or_default();
    match &dataset.name {
        Some(name) => format!("{column}@{name}{digest}"),
        None => column.to_owned(),
    }
}

impl Column for LoggedModelOrderField {
    fn column(&self) -> String {
        match self {
            Self::Attribute(attribute) => format!("attributes.{}", attribute.name()),
            Self::Metric { key, dataset } => on_dataset(&format!("metrics.{key}"), dataset),
        }
    }
}
