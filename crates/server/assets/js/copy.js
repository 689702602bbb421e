// Copies texts, saves texts as files, and says so.

const SHOWN_FOR = 2500;
const toast = document.getElementById("toast");
let clearing;

function say(words) {
  clearTimeout(clearing);
  toast.textContent = words;
  clearing = setTimeout(() => {
    toast.textContent = "";
  }, SHOWN_FOR);
}

// The clipboard is only there on https and localhost; elsewhere a selection is copied.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("copying was refused");
}

function save(text, name) {
  const address = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function select(element) {
  getSelection().selectAllChildren(element);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-download-from]");
  if (!button) return;
  const { copy: text, copyFrom, copied, downloadFrom, downloadName } = button.dataset;
  if (downloadFrom) {
    save(document.getElementById(downloadFrom).textContent, downloadName);
    say("Saved as a file");
    return;
  }
  const source = copyFrom && button.closest("figure").querySelector("pre");
  try {
    await copy(source ? source.textContent : text);
    button.focus();
    say(copied);
  } catch {
    if (source) select(source);
    say("The browser did not allow it. Select the text and copy it yourself.");
  }
});
