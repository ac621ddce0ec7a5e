//! What this machine lets the pool do. Asked once, when the engines are made.

/// Whether the kernel can tell which pages were touched (Linux 6.7).
pub(crate) fn can_scan_memory() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let release = rustix::system::uname();
    since_6_7(&release.release().to_string_lossy())
}

fn since_6_7(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (6, 7)
}

/// Whether this process is certain never to be swapped out: the machine has no swap, or its control
/// group may use none. A page that was swapped out is not seen by the scan and would reach the next
/// component as it was.
pub(crate) fn never_swaps() -> bool {
    let swaps = std::fs::read_to_string("/proc/swaps");
    swaps.is_ok_and(|swaps| no_swap_listed(&swaps)) || control_group_has_none()
}

fn no_swap_listed(swaps: &str) -> bool {
    let mut lines = swaps.lines();
    lines.next().is_some() && lines.all(|line| line.trim().is_empty())
}

fn control_group_has_none() -> bool {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::/")) else { return false };
    let group = std::path::Path::new("/sys/fs/cgroup").join(path);
    // A limit of any group above holds for all within it.
    group.ancestors().take_while(|group| group.starts_with("/sys/fs/cgroup")).any(|group| {
        std::fs::read_to_string(group.join("memory.swap.max")).is_ok_and(|most| most.trim() == "0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_old_or_new_by_its_first_two_numbers() {
        for (release, new) in
            [("6.18.44", true), ("6.7.0-rc1", true), ("6.6.99", false), ("5.15.0-1", false), ("10.0", true)]
        {
            assert_eq!(since_6_7(release), new, "{release}");
        }
        assert!(!since_6_7("unknown"));
    }

    #[test]
    fn a_machine_with_a_swap_file_may_swap() {
        let head = "Filename\tType\tSize\tUsed\tPriority\n";
        assert!(no_swap_listed(head));
        assert!(!no_swap_listed(&format!("{head}/swapfile file 1048576 0 -2\n")));
        assert!(!no_swap_listed(""), "nothing is known of the swap where nothing is said");
    }
}
