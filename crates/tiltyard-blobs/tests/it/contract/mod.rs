//! What every store of bytes promises, whatever it is made of: one suite, run on each kind.

pub(crate) mod bytes;
pub(crate) mod listing;
pub(crate) mod reading;
pub(crate) mod uploads;

/// A test of each clause, on the ground that the expression makes.
macro_rules! clauses {
    ($ground:expr) => {
        $crate::contract::clauses! { $ground;
            bytes: what_comes_in_is_measured_hashed_and_given_back, empty_pieces_neither_end_nor_spoil_a_stream,
                a_stream_beyond_the_limit_is_refused, a_stream_that_breaks_off_is_an_error_and_leaves_nothing,
                a_key_that_is_taken_stays_as_it_is, of_racing_writers_exactly_one_gets_the_key,
                removed_bytes_are_gone_and_their_key_is_free_again, many_small_files_keep_their_own_content,
                odd_names_are_names_like_others;
            listing: keys_come_in_the_order_of_their_bytes, a_list_tells_sizes_and_times;
            reading: any_range_gives_just_that_range, a_range_beyond_the_end_is_refused_and_tells_the_size,
                what_is_not_there_is_not_found, a_store_that_works_says_so;
            uploads: parts_in_any_order_become_the_whole_with_its_own_digest,
                wrong_lists_of_parts_are_refused_and_the_right_one_still_works,
                a_part_sent_again_replaces_the_earlier_one, completing_twice_gives_the_same,
                an_aborted_upload_is_gone, a_part_beyond_its_limit_is_refused, old_uploads_are_swept;
        }
    };
    ($ground:expr; $($module:ident: $($clause:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $clause() {
                $crate::contract::$module::$clause($ground).await;
            }
        )+)+
    };
}
pub(crate) use clauses;
