#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

/// The shell stands in for the server here: what is tried is how a process is held.
fn shell() -> Program {
    Program::new("/bin/sh").unwrap().with("BAILIWICK_REGISTRATION", "closed")
}

const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn a_command_gets_its_settings_its_input_and_nothing_of_ours() {
    let program = shell();
    let output = program.run(&["-c", "cat; env"], "from standard input\n").unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("from standard input\n"), "{text}");
    assert!(text.contains("BAILIWICK_REGISTRATION=closed\n"), "{text}");
    assert!(text.contains(&format!("BAILIWICK_DATA_DIR={}\n", program.data_dir().display())), "{text}");
    assert!(!text.contains("BAILIWICK_TEST_"), "{text}");
}

#[tokio::test]
async fn the_setup_link_is_read_and_a_signal_ends_it() {
    let program = shell();
    let script = format!(
        "trap 'echo bye; exit 3' TERM; echo 'Open {}/setup?token=abc.' >&2; while :; do sleep 0.01; done",
        program.origin()
    );
    let mut running = program.launch(&["-c", &script]).unwrap();
    assert_eq!(running.setup_link().await.unwrap(), format!("{}/setup?token=abc", program.origin()));
    assert!(running.resident_kib().unwrap() > 0);
    let ended = running.terminate(LIMIT).await.unwrap();
    assert_eq!(ended.status.code(), Some(3));
    assert_eq!(running.stdout(), "bye\n");
}

#[tokio::test]
async fn waiting_ends_at_its_limit_and_a_kill_ends_everything() {
    let mut running = shell().launch(&["-c", "trap '' TERM; exec sleep 60"]).unwrap();
    let error = running.wait(Duration::from_millis(50)).await.unwrap_err();
    assert!(error.to_string().contains("still runs"), "{error}");
    running.kill_9().unwrap();
    assert!(running.wait(LIMIT).await.unwrap().status.code().is_none());
}

#[tokio::test]
async fn a_server_that_ends_at_its_start_is_shown_with_its_words() {
    let mut running = shell().launch(&["-c", "echo unknown key: colour >&2; exit 2"]).unwrap();
    let error = running.wait_until_ready().await.unwrap_err().to_string();
    assert!(error.contains("unknown key: colour"), "{error}");
}

#[test]
fn ports_are_free_and_differ() {
    let ports: std::collections::BTreeSet<u16> = (0..50).map(|_| free_port().unwrap()).collect();
    assert_eq!(ports.len(), 50);
}

#[test]
fn a_needle_is_found_in_whatever_file_it_lies() {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join("below")).unwrap();
    fs::write(directory.path().join("below/file"), b"hay \xff needle hay").unwrap();
    assert!(any_file_contains(directory.path(), b"needle").unwrap());
    assert!(!any_file_contains(directory.path(), b"pin").unwrap());
}
