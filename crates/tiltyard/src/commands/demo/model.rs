//! The small model that ships with the program: minutes from an order to the door, in three variants, and two months of
//! orders to measure them by. What is done with them is the story's business.

use serde::Deserialize;

/// The `MLmodel` file of all variants.
pub(super) const MLMODEL: &str = include_str!("../../../demo/MLmodel");

const ORDERS: &str = include_str!("../../../demo/orders.json");

/// One way to estimate the minutes.
pub(super) struct Variant {
    /// What it goes by.
    pub(super) idea: &'static str,
    /// Its `coefficients.json`.
    pub(super) coefficients: &'static str,
}

/// The variants, in the order in which they were thought of.
pub(super) const VARIANTS: [Variant; 3] = [
    Variant { idea: "the average", coefficients: include_str!("../../../demo/average.json") },
    Variant { idea: "distance", coefficients: include_str!("../../../demo/distance.json") },
    Variant {
        idea: "distance and items",
        coefficients: include_str!("../../../demo/distance-and-items.json"),
    },
];

/// A model as its `coefficients.json` has it.
#[derive(Debug, Deserialize)]
pub(super) struct Linear {
    pub(super) intercept: f64,
    pub(super) per_km: f64,
    pub(super) per_item: f64,
}

/// What was ordered, and how long it took.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) km: f64,
    pub(super) items: f64,
    pub(super) minutes: f64,
}

/// The orders of two months.
#[derive(Debug, Deserialize)]
pub(super) struct Orders {
    pub(super) october: Vec<Order>,
    pub(super) november: Vec<Order>,
}

impl Orders {
    pub(super) fn shipped() -> serde_json::Result<Self> {
        serde_json::from_str(ORDERS)
    }
}

impl Linear {
    pub(super) fn read(coefficients: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(coefficients)
    }

    /// The minutes it expects.
    pub(super) fn minutes(&self, km: f64, items: f64) -> f64 {
        self.intercept + self.per_km * km + self.per_item * items
    }

    /// By how many minutes it is off, on average.
    pub(super) fn mean_error_minutes(&self, orders: &[Order]) -> f64 {
        let errors = orders.iter().map(|order| (self.minutes(order.km, order.items) - order.minutes).abs());
        let (sum, count) = errors.fold((0.0, 0.0), |(sum, count), error| (sum + error, count + 1.0));
        sum / count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_is_better_than_the_one_before_until_november() {
        let orders = Orders::shipped().unwrap();
        let models = VARIANTS.map(|variant| Linear::read(variant.coefficients.as_bytes()).unwrap());
        let [average, distance, items] =
            models.each_ref().map(|model| model.mean_error_minutes(&orders.october));
        assert!(average > distance && distance > items, "{average} {distance} {items}");
        let [_, distance, items] = models.each_ref().map(|model| model.mean_error_minutes(&orders.november));
        assert!(items > 10.0 * distance, "{distance} {items}");
    }
}
