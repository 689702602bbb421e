// Estimates how hard a password is to guess while one types it. The server judges by what the page tells it, and keeps
// nothing of it; when the form is sent, it also judges by what it knows of the person, and may be stricter.

const PAUSE = 300;
// The longest text that the server takes for what others know of a person.
const KNOWN_LENGTH_MAX = 320;

for (const meter of document.querySelectorAll("[data-strength]")) {
  const field = document.getElementById(meter.dataset.strength);
  const known = meter.dataset.known.split(" ").filter(Boolean).map((id) => document.getElementById(id));
  const words = meter.querySelector("[role=status]");
  let waiting;
  let running;

  const show = (score, text) => {
    meter.dataset.score = score;
    words.textContent = text;
  };

  const judge = async () => {
    running?.abort();
    if (field.value === "") return show("", "");
    running = new AbortController();
    const address = known.find(({ type }) => type === "email")?.value ?? "";
    const others = known.filter(({ type }) => type !== "email").map(({ value }) => value);
    const body = {
      Password: field.value,
      Email: address.slice(0, KNOWN_LENGTH_MAX),
      Name: [...others, meter.dataset.also].join(" ").slice(0, KNOWN_LENGTH_MAX),
    };
    try {
      const answer = await fetch("/auth/authenticate/password-strength", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: running.signal,
      });
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.Message);
      // What is refused by now never looks good, however rare it is.
      show(found.Strong ? Math.max(found.Score, 3) : Math.min(Math.max(found.Score, 1), 2), found.Message);
    } catch (error) {
      if (error.name !== "AbortError") show("", "");
    }
  };

  for (const one of [field, ...known]) {
    one.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(judge, PAUSE);
    });
  }
}
