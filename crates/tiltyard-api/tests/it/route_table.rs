//! The whole route table, with what each route demands of its caller, compared with the committed one.

#[test]
fn the_route_table_is_the_committed_one() {
    insta::assert_snapshot!(tiltyard_api::describe_routes());
}
