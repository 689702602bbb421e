// Searches as one types: fetches the same page for the new address and takes
// its list. Enter does the same without script.

const PAUSE = 200;
const form = document.querySelector("[data-search]");
const field = form?.querySelector("input[type=search]");
let waiting;
let running;

function address() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") query.append(name, value);
  }
  return `${form.getAttribute("action")}?${query}`;
}

async function search() {
  running?.abort();
  running = new AbortController();
  const wanted = address();
  try {
    const answer = await fetch(wanted, { signal: running.signal });
    if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("list").replaceChildren(...page.getElementById("list").childNodes);
    document.getElementById("count").textContent = page.getElementById("count").textContent;
    document.title = page.title;
    history.replaceState(null, "", wanted);
  } catch (error) {
    // Signed out, or the server is away: let the browser go there and show what is the matter.
    if (error.name !== "AbortError") location.assign(wanted);
  }
}

function soon(pause) {
  clearTimeout(waiting);
  waiting = setTimeout(search, pause);
}

form?.addEventListener("input", (event) => soon(event.target === field ? PAUSE : 0));

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  soon(0);
});

document.addEventListener("keydown", (event) => {
  if (!field) return;
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.select();
  }
});
