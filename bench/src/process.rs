//! What a server's process tree uses, read from `/proc`.
//! Starting and stopping servers is in `server`.

use std::{fs, time::Duration};

use crate::failure::{During as _, Outcome};

/// One line of the process table.
#[derive(Debug, Clone, Copy)]
struct Process {
    id: i32,
    parent: i32,
    group: i32,
    ticks: u64,
    resident_pages: u64,
}

/// What a process tree has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// User and system time of all processes, and of children they have waited for.
    pub(crate) cpu: Duration,
    /// Resident memory, summed over the processes.
    pub(crate) resident_bytes: u64,
    /// Processes alive.
    pub(crate) processes: usize,
}

/// Usage of `root` and everything it started.
pub(crate) fn usage_of_tree(root: i32) -> Outcome<Usage> {
    let tree = tree(root)?;
    let ticks: u64 = tree.iter().map(|process| process.ticks).sum();
    let pages: u64 = tree.iter().map(|process| process.resident_pages).sum();
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    Ok(Usage {
        cpu: Duration::from_millis(ticks * 1_000 / ticks_per_second),
        resident_bytes: pages * u64::try_from(rustix::param::page_size()).during("reading the page size")?,
        processes: tree.len(),
    })
}

/// Memory of the tree with pages shared between its processes counted once.
pub(crate) fn proportional_bytes_of_tree(root: i32) -> Outcome<u64> {
    let kibibytes: u64 =
        tree(root)?.iter().filter_map(|process| kibibytes(process.id, "smaps_rollup", "Pss:")).sum();
    Ok(kibibytes * 1024)
}

/// The most memory that each process of the tree ever had, summed.
pub(crate) fn peak_bytes_of_tree(root: i32) -> Outcome<u64> {
    let kibibytes: u64 =
        tree(root)?.iter().filter_map(|process| kibibytes(process.id, "status", "VmHWM:")).sum();
    Ok(kibibytes * 1024)
}

/// Ids of `root` and everything it started.
pub(crate) fn ids_of_tree(root: i32) -> Outcome<Vec<i32>> {
    Ok(tree(root)?.iter().map(|process| process.id).collect())
}

/// Descendants by parent, and members of the group: a worker whose parent died still counts.
fn tree(root: i32) -> Outcome<Vec<Process>> {
    let table = process_table()?;
    let mut found: Vec<Process> =
        table.iter().copied().filter(|process| process.id == root || process.group == root).collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|process| process.id) {
        let children = table.iter().filter(|process| process.parent == parent);
        let unknown: Vec<Process> =
            children.copied().filter(|child| found.iter().all(|known| known.id != child.id)).collect();
        found.extend(unknown);
        next += 1;
    }
    Ok(found)
}

fn process_table() -> Outcome<Vec<Process>> {
    let folder = fs::read_dir("/proc").during("listing /proc")?;
    let names = folder.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter_map(|name| process(name.parse().ok()?)).collect())
}

/// A process may end between listing and reading; then it is simply not there.
fn process(id: i32) -> Option<Process> {
    parse_stat(id, &fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// The program's name, in brackets, may hold anything; the fields proper start after the last bracket.
fn parse_stat(id: i32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Process {
        id,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
        resident_pages: number(21)?,
    })
}

/// What a line of a file under the process's folder says.
fn kibibytes(id: i32, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_in_the_program_name_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 3 5 5 0 -1 0 1 2 3 4 100 20 3 4 20 0 1 0 99 1000 42 0";
        let process = parse_stat(7, stat).unwrap();
        assert_eq!((process.parent, process.group), (3, 5));
        assert_eq!((process.ticks, process.resident_pages), (127, 42));
    }

    #[test]
    fn this_very_process_has_memory() {
        let id = i32::try_from(std::process::id()).unwrap();
        assert!(usage_of_tree(id).unwrap().resident_bytes > 0);
    }
}
